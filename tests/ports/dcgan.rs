//! Discs of 8 by 8 pixels, drawn by a generator that learns from a discriminator.
//!
//! `dcgan FILE` goes on from the two models in the file, if there is one, and saves them.

use std::path::Path;

use torch_exact::checkpoint::Value;
use torch_exact::nn::{Conv2d, ConvOptions, ConvTranspose2d, ConvTransposeOptions};
use torch_exact::optim::AdamOptions;
use torch_exact::prelude::*;

fn weights_init(m: &dyn Module) -> Result<()> {
    if let Some(m) = m.downcast_ref::<Conv2d>() {
        nn::init::normal_(&m.weight, 0.0, 0.02)
    } else if let Some(m) = m.downcast_ref::<ConvTranspose2d>() {
        nn::init::normal_(&m.weight, 0.0, 0.02)
    } else if let Some(m) = m.downcast_ref::<nn::BatchNorm2d>() {
        nn::init::normal_(m.weight.as_ref().expect("affine"), 1.0, 0.02)?;
        nn::init::zeros_(m.bias.as_ref().expect("affine"))
    } else {
        Ok(())
    }
}

fn conv_transpose(
    channels: [i64; 2],
    kernel: i64,
    stride: i64,
    padding: i64,
) -> Result<ConvTranspose2d> {
    let options = ConvTransposeOptions {
        stride: stride.into(),
        padding: padding.into(),
        bias: false,
        ..Default::default()
    };
    ConvTranspose2d::with_options(channels[0], channels[1], kernel, options)
}

fn conv(channels: [i64; 2], kernel: i64, stride: i64, padding: i64) -> Result<Conv2d> {
    let options = ConvOptions {
        stride: stride.into(),
        padding: padding.into(),
        bias: false,
        ..Default::default()
    };
    Conv2d::with_options(channels[0], channels[1], kernel, options)
}

#[expect(non_snake_case, reason = "the script's names")]
fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(999);
    let nz = 6;
    let relu = nn::ReLU { inplace: true };
    let netG = nn::Sequential::new()
        .add(conv_transpose([nz, 16], 2, 1, 0)?)
        .add(nn::BatchNorm2d::new(16)?)
        .add(relu)
        .add(conv_transpose([16, 8], 4, 2, 1)?)
        .add(nn::BatchNorm2d::new(8)?)
        .add(relu)
        .add(conv_transpose([8, 1], 4, 2, 1)?)
        .add(nn::Tanh::new());
    let leaky_relu = nn::LeakyReLU { negative_slope: 0.2, inplace: true };
    let netD = nn::Sequential::new()
        .add(conv([1, 8], 4, 2, 1)?)
        .add(leaky_relu)
        .add(conv([8, 16], 4, 2, 1)?)
        .add(nn::BatchNorm2d::new(16)?)
        .add(leaky_relu)
        .add(conv([16, 1], 2, 1, 0)?)
        .add(nn::Sigmoid::new());
    nn::apply(&netG, &mut weights_init)?;
    nn::apply(&netD, &mut weights_init)?;
    println!("{}", netG.repr()?);
    println!("{}", netD.repr()?);
    if Path::new(&path).exists() {
        let checkpoint: Value = checkpoint::load(&path)?;
        netG.load_state_dict(&checkpoint.get("generator")?)?;
        netD.load_state_dict(&checkpoint.get("discriminator")?)?;
    }

    let criterion = nn::BCELoss::default();
    let fixed_noise = random::randn([2, nz, 1, 1])?;
    let options = AdamOptions { betas: (0.5, 0.999), ..optim::lr(2e-3) };
    let mut optimizerD = optim::Adam::new(netD.parameters(), options)?;
    let mut optimizerG = optim::Adam::new(netG.parameters(), options)?;
    let grid = Tensor::arange(8.0, (Kind::Float, Device::Cpu));
    for i in 0..25 {
        let center = Tensor::empty([16, 2, 1, 1], (Kind::Float, Device::Cpu)).uniform_(2., 5.);
        let distance = (grid.view([8, 1]) - center.at((.., ..1))?).pow_tensor_scalar(2)
            + (&grid - center.at((.., 1..))?).pow_tensor_scalar(2);
        let real = Tensor::where_scalar(&distance.lt(5), 1.0, -1.0);

        netD.zero_grad()?;
        let mut label = Tensor::full([16], 1.0, (Kind::Float, Device::Cpu));
        let output = netD.forward(&real)?.view(-1);
        let errD_real = criterion.forward(&output, &label)?;
        errD_real.backward();
        let D_x = output.mean(None).item()?;
        let fake = netG.forward(&random::randn([16, nz, 1, 1])?)?;
        let _ = label.fill_(0.0);
        let output = netD.forward(&fake.detach())?.view(-1);
        let errD_fake = criterion.forward(&output, &label)?;
        errD_fake.backward();
        let errD = errD_real + errD_fake;
        optimizerD.step()?;

        netG.zero_grad()?;
        let _ = label.fill_(1.0);
        let output = netD.forward(&fake)?.view(-1);
        let errG = criterion.forward(&output, &label)?;
        errG.backward();
        let D_G_z = output.mean(None).item()?;
        optimizerG.step()?;
        if i % 5 == 4 {
            println!(
                "[{i:2}/25] Loss_D: {:.4} Loss_G: {:.4} D(x): {D_x:.4} D(G(z)): {D_G_z:.4}",
                errD.item()?,
                errG.item()?
            );
        }
    }
    netG.eval();
    println!("{}", no_grad(|| netG.forward(&fixed_noise))?.repr()?);
    let checkpoint = Value::dict([
        ("generator", netG.state_dict().into()),
        ("discriminator", netD.state_dict().into()),
    ]);
    checkpoint::save(checkpoint, &path)?;
    Ok(())
}
