//! Bars of 6 by 6 pixels and the variational autoencoder that draws new ones.
//!
//! `vae FILE [DEVICE]` goes on from the model in the file, if there is one, and saves it.

use std::path::Path;

use torch_exact::device;
use torch_exact::nn::{BCELoss, Reduction};
use torch_exact::prelude::*;

#[derive(Debug)]
#[expect(clippy::upper_case_acronyms, reason = "the name of the class, which `print` shows")]
struct VAE {
    fc1: nn::Linear,
    fc_mu: nn::Linear,
    fc_logvar: nn::Linear,
    fc2: nn::Linear,
    fc3: nn::Linear,
}

impl VAE {
    fn new() -> Result<Self> {
        Ok(Self {
            fc1: nn::Linear::new(36, 24)?,
            fc_mu: nn::Linear::new(24, 3)?,
            fc_logvar: nn::Linear::new(24, 3)?,
            fc2: nn::Linear::new(3, 24)?,
            fc3: nn::Linear::new(24, 36)?,
        })
    }

    fn encode(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let h = self.fc1.forward(x)?.relu();
        Ok((self.fc_mu.forward(&h)?, self.fc_logvar.forward(&h)?))
    }

    fn reparameterize(&self, mu: &Tensor, logvar: &Tensor) -> Tensor {
        let std = (number(0.5) * logvar).exp();
        mu + std.randn_like() * std
    }

    fn decode(&self, z: &Tensor) -> Result<Tensor> {
        Ok(self.fc3.forward(&self.fc2.forward(z)?.relu())?.sigmoid())
    }

    fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let (mu, logvar) = self.encode(x)?;
        Ok((self.decode(&self.reparameterize(&mu, &logvar))?, mu, logvar))
    }
}

impl Module for VAE {
    parts!(fc1, fc_mu, fc_logvar, fc2, fc3);
}

fn loss_fn(
    reconstruction: &Tensor,
    x: &Tensor,
    mu: &Tensor,
    logvar: &Tensor,
) -> Result<(Tensor, Tensor)> {
    let bce = BCELoss { reduction: Reduction::Sum, ..Default::default() };
    let bce = bce.forward(reconstruction, x)?;
    let kld = number(1) + logvar - mu.pow_tensor_scalar(2) - logvar.exp();
    Ok((bce, number(-0.5) * kld.sum(None)))
}

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let path = words.next().expect("a file");
    let device = device::select(words.next().as_deref().unwrap_or("cpu").parse()?)?.device;
    random::manual_seed(7);
    let n = 48;
    let x = Tensor::zeros([n, 6, 6], (Kind::Float, Device::Cpu));
    let place = random::randint(0, 6, [n], Kind::Int64)?;
    let upright = random::rand([n])?.lt(0.5);
    for i in 0..n {
        let place = place.at(i)?;
        if bool::try_from(upright.at(i)?)? {
            x.set_at((i, .., &place), 1)?;
        } else {
            x.set_at((i, &place), 1)?;
        }
    }
    let x = x.view([n, 36]).to(device);

    let model = VAE::new()?.to(device)?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(5e-3))?;
    for epoch in 0..30 {
        let mut total = 0.0;
        let (mut bce, mut kld) = (Tensor::new(), Tensor::new());
        for i in random::randperm(n)?.split(16, 0) {
            let batch = x.at(&i)?;
            let (reconstruction, mu, logvar) = model.forward(&batch)?;
            (bce, kld) = loss_fn(&reconstruction, &batch, &mu, &logvar)?;
            optimizer.zero_grad()?;
            (&bce + &kld).backward();
            optimizer.step()?;
            total += f64::from((&bce + &kld).item()?);
        }
        if epoch % 6 == 5 {
            let (mean, bce, kld) = (total / n as f64, bce.item()?, kld.item()?);
            println!("Epoch {epoch:2}: {mean:.6} per image, the last {bce:.4} + {kld:.4}");
        }
    }
    let sample = no_grad(|| model.decode(&random::randn([2, 3])?.to(device)))?.view([2, 6, 6]);
    println!("{}", sample.repr()?);
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
