//! What one schedule is made of: each seed switches some faults on and leaves others off, so that
//! rare ones are not drowned by common ones (swarm testing).

use domain::identity::Unassigned;
use domain::merge::{Mode, Priority};

use crate::cast::DEFAULT_AGENT;
use crate::chance::Chance;

/// The configuration of one schedule. Rates are times of a thousand.
#[derive(Debug, Clone)]
pub struct Swarm {
    /// Tickets or cases to begin with.
    pub pairs: usize,
    /// Steps before the faults stop.
    pub steps: u32,
    /// Both ways or not, and who wins.
    pub mode: Mode,
    /// The default Zendesk user.
    pub default_user: Option<i64>,
    /// What becomes of unassigned tickets.
    pub unassigned: Unassigned,
    /// How far Zendesk's clock is ahead of the world's, in seconds (F38).
    pub skew: i64,
    /// How often the clock stands still between two steps, so that much happens in one second (F22).
    pub same_second: u32,
    /// What each request may meet.
    pub wire: WireRates,
    /// What processes and the database may meet.
    pub house: HouseRates,
    /// What people and rules do.
    pub life: LifeRates,
    /// Milliseconds that edits are gathered.
    pub settle_ms: i64,
    /// What only half of all schedules know, drawn by a stream of its own: so the others stay what
    /// they were before it was thought of.
    pub tricks: Tricks,
    /// Two customers who are one person since they were merged: who is gone, and who stayed.
    pub merged: Option<(i64, i64)>,
}

/// What happens beside the steps: times of a thousand steps.
#[derive(Debug, Clone, Default)]
pub struct Tricks {
    /// A person in Zendesk makes a comment private.
    pub hide: u32,
    /// Two customers are merged in Zendesk.
    pub merge_users: u32,
    /// F36: a burst of webhooks about one ticket.
    pub burst: u32,
    /// F55: what was agreed on with a ticket is wiped.
    pub wipe: u32,
    /// Of a thousand first comments: so many are private.
    pub private_first: u32,
}

impl Tricks {
    /// What this stream draws.
    pub fn draw(chance: &mut Chance) -> Self {
        if chance.below(2) == 0 {
            return Self::default();
        }
        let mut rate = |most: u32| match chance.below(2) {
            0 => 0,
            _ => 1 + chance.below(most),
        };
        Self {
            hide: rate(60),
            merge_users: rate(40),
            burst: rate(15),
            wipe: rate(10),
            private_first: rate(500),
        }
    }
}

/// Faults of requests.
#[derive(Debug, Clone, Default)]
pub struct WireRates {
    /// F01.
    pub lost_request: u32,
    /// F02, F13 after applying.
    pub lost_reply: u32,
    /// F03.
    pub late: u32,
    /// F13 before applying.
    pub server_error: u32,
    /// F12.
    pub busy: u32,
    /// F17: how often a period without sign-in begins.
    pub locked: u32,
    /// F18, whole or in part.
    pub no_effect: u32,
    /// 422 for a field, without a reason that lasts.
    pub refused: u32,
    /// F21: a trigger right after our write.
    pub trigger: u32,
    /// A read fails.
    pub read_error: u32,
    /// F23, F24.
    pub disorder: u32,
    /// F29 to F32: dropped, doubled or late.
    pub webhook: u32,
}

/// Faults of processes, storage and time.
#[derive(Debug, Clone, Default)]
pub struct HouseRates {
    /// F39: all workers die.
    pub crash: u32,
    /// F41: a worker stops at the step it is at.
    pub freeze: u32,
    /// F45, F46 with nothing kept.
    pub rollback: u32,
    /// F46 with everything kept.
    pub unknown_commit: u32,
    /// F49: how often a backup is made, and one is put back.
    pub backup: u32,
    /// F37: the local clock jumps.
    pub jump: u32,
    /// F53 and two-way switched.
    pub switch: u32,
    /// A worker reads before the second is past.
    pub early: u32,
}

/// Weights of what people and rules do.
#[derive(Debug, Clone, Default)]
pub struct LifeRates {
    /// Edits in Zendesk.
    pub remote_edit: u32,
    /// Comments in Zendesk.
    pub remote_comment: u32,
    /// Closing, deleting, restoring and merging in Zendesk.
    pub remote_fate: u32,
    /// Edits here.
    pub local_edit: u32,
    /// Comments here.
    pub local_comment: u32,
    /// Publishing, following up.
    pub publish: u32,
    /// Retrying and discarding.
    pub parked: u32,
    /// New tickets in Zendesk, new cases here.
    pub birth: u32,
    /// How many fields take part: few make collisions.
    pub fields: u32,
}

impl Swarm {
    /// The configuration that this seed draws.
    pub fn draw(chance: &mut Chance) -> Self {
        let pairs = match chance.below(20) {
            0..=11 => 1,
            12..=16 => 2,
            17..=18 => 3,
            _ => 3 + chance.index(4),
        };
        let mode = match chance.below(20) {
            0..=9 => Mode::TwoWay(Priority::Remote),
            10..=18 => Mode::TwoWay(Priority::Local),
            _ => Mode::OneWay,
        };
        let skew = match chance.below(4) {
            0 => i64::from(chance.below(600)) - 300,
            _ => 0,
        };
        let calm = chance.below(25) == 0;
        let mut rate = |most: u32| {
            if calm || chance.below(2) == 0 {
                0
            } else {
                1 + chance.below(most)
            }
        };
        let wire = WireRates {
            lost_request: rate(150),
            lost_reply: rate(300),
            late: rate(250),
            server_error: rate(100),
            busy: rate(100),
            locked: rate(30),
            no_effect: rate(120),
            refused: rate(120),
            trigger: rate(250),
            read_error: rate(120),
            disorder: rate(400),
            webhook: rate(500),
        };
        let house = HouseRates {
            crash: rate(25),
            freeze: rate(80),
            rollback: rate(60),
            unknown_commit: rate(60),
            backup: rate(25),
            jump: rate(25),
            switch: rate(15),
            early: rate(500),
        };
        let mut weight = |most: u32| {
            if chance.below(5) == 0 {
                0
            } else {
                1 + chance.below(most)
            }
        };
        let life = LifeRates {
            remote_edit: weight(120),
            remote_comment: weight(60),
            remote_fate: if weight(2) == 1 { 15 } else { 0 },
            local_edit: 20 + weight(100),
            local_comment: weight(80),
            publish: weight(30),
            parked: weight(30),
            birth: weight(10),
            fields: 1 + weight(4),
        };
        Self {
            pairs,
            steps: 40 + chance.below(110),
            mode,
            default_user: (chance.below(2) == 0).then_some(DEFAULT_AGENT),
            unassigned: if chance.below(5) == 0 {
                Unassigned::Owner
            } else {
                Unassigned::Leave
            },
            skew,
            same_second: 300 + chance.below(600),
            wire,
            house,
            life,
            settle_ms: if chance.below(2) == 0 { 0 } else { 2_000 },
            tricks: Tricks::default(),
            merged: None,
        }
    }

    /// The same with every fault off: how it is after the schedule's steps.
    pub fn heal(&mut self) {
        self.wire = WireRates::default();
        self.house = HouseRates::default();
    }
}
