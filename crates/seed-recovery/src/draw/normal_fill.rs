//! The arithmetic of `randn` for 16 float32 values or more.
//!
//! PyTorch first fills the tensor with uniforms and then turns each block of 16 into normals by
//! Box-Muller. On a processor with AVX2 (AVX-512 included: the kernel has no AVX-512 build) it uses
//! the Cephes polynomials of `ATen/native/cpu/avx_mathfun.h`, and the compiler fuses their
//! multiplications and additions; the order of fusing below is the one whose results equal
//! libtorch's, bit for bit. Elsewhere it uses the C library's `logf`, `cosf` and `sinf`.

// The constants are Cephes's decimals, left as they are written there.
#![allow(clippy::excessive_precision)]

use super::Arithmetic;

/// Turns 16 uniforms into 16 normals in place: the cosines in the first half, the sines in the second.
pub(crate) fn block_f32(data: &mut [f32; 16], mean: f32, std: f32, arithmetic: Arithmetic) {
    for j in 0..8 {
        let (u1, u2) = (1.0 - data[j], data[j + 8]);
        let (cosine, sine) = match arithmetic {
            Arithmetic::Avx2 => {
                let radius = (-2.0 * log_f32(u1)).sqrt();
                let (sin, cos) = sin_cos_f32(std::f32::consts::TAU * u2);
                ((radius * cos).mul_add(std, mean), (radius * sin).mul_add(std, mean))
            }
            _ => {
                let radius = (-2.0 * u1.ln()).sqrt();
                let theta = (std::f64::consts::TAU * f64::from(u2)) as f32;
                let scaled = |normal: f32| match arithmetic {
                    Arithmetic::DefaultFused => normal.mul_add(std, mean),
                    _ => normal * std + mean,
                };
                (scaled(radius * theta.cos()), scaled(radius * theta.sin()))
            }
        };
        data[j] = cosine;
        data[j + 8] = sine;
    }
}

/// The same for float64, which every processor computes with the C library.
pub(crate) fn block_f64(data: &mut [f64; 16], mean: f64, std: f64, arithmetic: Arithmetic) {
    for j in 0..8 {
        let (u1, u2) = (1.0 - data[j], data[j + 8]);
        let radius = (-2.0 * u1.ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * u2).sin_cos();
        let scaled = |normal: f64| match arithmetic {
            Arithmetic::Default => normal * std + mean,
            _ => normal.mul_add(std, mean),
        };
        data[j] = scaled(radius * cos);
        data[j + 8] = scaled(radius * sin);
    }
}

/// `log256_ps` for a positive argument.
fn log_f32(x: f32) -> f32 {
    const P: [f32; 9] = [
        7.037_683_629_2e-2,
        -1.151_461_031_0e-1,
        1.167_699_874_0e-1,
        -1.242_014_084_6e-1,
        1.424_932_278_7e-1,
        -1.666_805_766_5e-1,
        2.000_071_476_5e-1,
        -2.499_999_399_3e-1,
        3.333_333_117_4e-1,
    ];
    let bits = x.to_bits();
    let mut exponent = ((bits >> 23) as i32 - 126) as f32;
    let mut x = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    if x < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1.0;
        x = (x - 1.0) + x;
    } else {
        x -= 1.0;
    }
    let z = x * x;
    let polynomial = P[1..].iter().fold(P[0], |y, &p| y.mul_add(x, p));
    let y = (polynomial * x).mul_add(z, exponent * -2.121_944_40e-4);
    let y = z.mul_add(-0.5, y);
    exponent.mul_add(0.693_359_375, x + y)
}

/// `sincos256_ps` for an argument in `[0, 2 pi)`; returns `(sine, cosine)`.
fn sin_cos_f32(x: f32) -> (f32, f32) {
    let octant = ((x * std::f32::consts::FRAC_2_PI * 2.0) as i32 + 1) & !1;
    let y = octant as f32;
    let x = y.mul_add(-0.785_156_25, x);
    let x = y.mul_add(-2.418_756_484_985_351_6e-4, x);
    let x = y.mul_add(-3.774_894_977_445_941e-8, x);
    let z = x * x;
    let c = 2.443_315_711_809_948e-5_f32.mul_add(z, -1.388_731_625_493_765e-3);
    let c = c.mul_add(z, 4.166_664_568_298_827e-2);
    let cosine = (c * z).mul_add(z, z * -0.5) + 1.0;
    let s = (-1.951_529_589_1e-4_f32).mul_add(z, 8.332_160_873_6e-3);
    let s = s.mul_add(z, -1.666_665_461_1e-1);
    let sine = (s * z).mul_add(x, x);
    let (sin, cos) = if octant & 2 == 0 { (sine, cosine) } else { (cosine, sine) };
    let sin = if octant & 4 == 0 { sin } else { -sin };
    let cos = if (octant - 2) & 4 == 0 { -cos } else { cos };
    (sin, cos)
}
