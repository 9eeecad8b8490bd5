//! Guilloche: the line work of security printing, from sums of sines.
//!
//! Every credential gets line work of its own: petals, waves and phases follow from a digest of its id, so two certificates are never quite the same and
//! one certificate always is.

use sha2::{Digest as _, Sha256};

use crate::server::drawing::{Path, Point, point, polar};

const TURN: f32 = std::f32::consts::TAU;

/// The numbers a drawing is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seed([u8; 32]);

impl Seed {
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// A short name for ids in a document.
    pub fn tag(self) -> String {
        format!("b{:02x}{:02x}{:02x}{:02x}", self.0[0], self.0[1], self.0[2], self.0[3])
    }

    /// From 0 up to, not including, 1.
    fn share(self, index: usize) -> f32 {
        f32::from(self.0[index % 32]) / 256.0
    }

    fn pick(self, index: usize, from: usize, to: usize) -> usize {
        from + usize::from(self.0[index % 32]) % (to - from + 1)
    }
}

/// A braided ring: one closed wave line around `center` between two radii. Turned copies of it make the braid.
pub fn wave_ring(center: Point, inner: f32, outer: f32, waves: usize, harmonic: f32) -> Path {
    let (middle, amplitude) = ((inner + outer) / 2.0, (outer - inner) / 2.0);
    let n = waves as f32;
    let mut path = Path::parametric(0.0, TURN, waves * 6, |t| {
        // The overtone flattens the crests, as an engraver's lathe does; the sum stays within one.
        let wave = ((n * t).sin() + harmonic * (3.0 * n * t).sin()) / (1.0 + harmonic.abs() * 0.45);
        polar(center, middle + amplitude * wave.clamp(-1.0, 1.0), t.to_degrees())
    });
    path.close();
    path
}

/// How far to turn the copies of a ring with `waves` waves so that `lines` of them share a wave evenly, in degrees.
pub fn braid_step(waves: usize, lines: usize) -> f32 {
    360.0 / (waves * lines) as f32
}

/// `lines` turned copies of one ring.
pub fn braid(center: Point, inner: f32, outer: f32, waves: usize, lines: usize, harmonic: f32) -> Path {
    let ring = wave_ring(center, inner, outer, waves, harmonic);
    let mut path = Path::new();
    for n in 0..lines {
        path.append(&ring.rotate(center, braid_step(waves, lines) * n as f32));
    }
    path
}

/// A rosette: a closed curve that goes around the center `turns` times and touches both radii `petals` times (the two without common divisor).
pub fn rosette(center: Point, inner: f32, outer: f32, petals: usize, turns: usize, phase: f32) -> Path {
    let (middle, amplitude) = ((inner + outer) / 2.0, (outer - inner) / 2.0);
    let ratio = petals as f32 / turns as f32;
    let mut path = Path::parametric(0.0, TURN * turns as f32, petals * 6, |t| {
        polar(center, middle + amplitude * (ratio * t).cos(), (t + phase * TURN).to_degrees())
    });
    path.close();
    path
}

/// A ribbon of interwoven waves running down the page around `x`, at most `reach` to each side, from `top` to `bottom`; its two halves mirror each
/// other.
pub fn ribbon(seed: Seed, x: f32, reach: f32, top: f32, bottom: f32, lines: usize) -> Path {
    let height = bottom - top;
    let swell = TURN * (1.3 + 0.5 * seed.share(0));
    let waves = TURN * (1.5 + 0.5 * seed.share(2));
    let (p0, p1) = (TURN * seed.share(3), TURN * seed.share(4));
    let mut path = Path::new();
    for n in 0..lines {
        let offset = TURN * n as f32 / lines as f32;
        let strand = |t: f32, side: f32| {
            let envelope = 0.72 + 0.28 * (swell * t + p0).sin();
            let wave = 0.86 * (waves * t + offset + 0.5 * (swell * t + p1).sin()).sin() + 0.14 * (3.0 * (waves * t + offset)).sin();
            point(x + side * reach * envelope * wave, top + height * t)
        };
        for side in [1.0, -1.0] {
            path.append(&Path::parametric(0.0, 1.0, 36, |t| strand(t, side)));
        }
    }
    path
}

/// Petals and turns of the seal of one credential: near 40 petals over a third to a half of the circle each.
pub fn seal_numbers(seed: Seed) -> (usize, usize) {
    const CHOICES: [(usize, usize); 8] = [(37, 9), (41, 10), (43, 11), (47, 11), (41, 9), (37, 10), (43, 10), (47, 12)];
    CHOICES[seed.pick(6, 0, CHOICES.len() - 1)]
}
