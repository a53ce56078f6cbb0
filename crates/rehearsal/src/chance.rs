//! Chance by seed: the same seed draws the same numbers on every machine, for ever.

/// A small generator (SplitMix64). Not for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed ^ 0x6a09_e667_f3bc_c909)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, and without, `end`; 0 if there is none.
    pub const fn below(&mut self, end: u32) -> u32 {
        // The upper half, scaled: no division, and a bias far below what a schedule could notice.
        ((self.bits() >> 32).wrapping_mul(end as u64) >> 32) as u32
    }

    /// An index into something of this length; 0 if it is empty.
    pub const fn index(&mut self, length: usize) -> usize {
        self.below(length as u32) as usize
    }

    /// True `n` times of a thousand.
    pub const fn per_mille(&mut self, n: u32) -> bool {
        self.below(1000) < n
    }

    /// One of these.
    ///
    /// The list must not be empty.
    pub const fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let at = self.index(list.len());
        list[at]
    }

    /// A new id of 128 bits.
    pub fn id(&mut self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut id = String::with_capacity(32);
        for _ in 0..2 {
            let mut bits = self.bits();
            for _ in 0..16 {
                id.push(char::from(DIGITS[(bits & 15) as usize]));
                bits >>= 4;
            }
        }
        id
    }
}
