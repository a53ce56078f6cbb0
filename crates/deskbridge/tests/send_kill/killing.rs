//! One workflow: begun, killed, taken up again, until it has ended.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use clock::{Clock as _, Dice as _, SeededDice, SystemClock, SystemDice};
use serde_json::Value;
use simulator::{Sends, Simulator};

use crate::counting::Totals;
use crate::desk::{Desk, Process};
use crate::people;

/// What decides who is killed when, if it is to be as in an earlier run.
const SEED: &str = "DESKBRIDGE_TEST_SEED";
const SIGKILL: i32 = 9;
const TICK: Duration = Duration::from_millis(1);
/// How often is looked whether `serve` has ended a workflow.
const LOOK: Duration = Duration::from_millis(250);
/// The longest that a process may need which nobody kills.
const LONGEST: Duration = Duration::from_secs(120);
/// So long after a durable step a process is killed at most.
const AFTER_A_STEP_MS: usize = 25;
/// One in so many is taken up by `serve` instead of by a person.
const SERVED: usize = 5;

/// Chance, which is the same for the same seed.
pub(crate) struct Lots(SeededDice);

impl Lots {
    /// The seed is printed, so that the same moments can be chosen again.
    pub(crate) fn new() -> Self {
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            SystemDice.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        });
        println!("{SEED}={seed}");
        Self(SeededDice::new(seed))
    }

    /// A number below `below`.
    fn throw(&self, below: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(below).unwrap()).unwrap()
    }
}

/// When processes are killed, by what one does that nobody kills.
pub(crate) struct Chances {
    pub(crate) lots: Lots,
    /// How long it works.
    pub(crate) lasts: Duration,
    /// How many durable steps it has.
    pub(crate) steps: usize,
}

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start.
    After(Duration),
    /// So long after the durable step of this number, counted from 1.
    Step(usize, Duration),
}

impl Chances {
    /// Half of the moments are spread over the time that a workflow takes, so most of them meet open jobs;
    /// the other half over its durable steps, so that short tasks are met as well. The first process of a
    /// workflow dies before it can end it.
    fn moment(&self, is_first: bool) -> Moment {
        let percent = if is_first { 70 } else { 100 };
        if self.lots.throw(2) == 0 {
            let within = usize::try_from(self.lasts.as_micros()).unwrap() * percent / 100;
            let micros = self.lots.throw(within.max(1));
            return Moment::After(Duration::from_micros(micros.try_into().unwrap()));
        }
        let step = 1 + self.lots.throw((self.steps * percent / 100).max(1));
        let millis = self.lots.throw(AFTER_A_STEP_MS);
        Moment::Step(step, Duration::from_millis(millis.try_into().unwrap()))
    }
}

/// A workflow that has ended.
pub(crate) struct Ended {
    pub(crate) id: String,
    /// What Zendesk had counted when it began.
    pub(crate) before: Sends,
    /// The rows of each batch whose outcome was unknown when a process died.
    pub(crate) unknown: BTreeMap<String, u64>,
    /// What the process printed that ended it, if that was not `serve`.
    pub(crate) printed: Option<Value>,
}

/// What a workflow takes that nobody kills.
pub(crate) struct Calm {
    pub(crate) ended: Ended,
    pub(crate) lasts: Duration,
    pub(crate) steps: usize,
}

/// Sends the rows of round 0 and kills nobody.
pub(crate) async fn measure(desk: &Desk, zendesk: &Simulator) -> Calm {
    let before = zendesk.sends();
    let begun = SystemClock.now();
    let mut process = desk.start(&desk.sending(&people::of_round(0)));
    assert!(!is_killed(desk, &mut process, None, None).await);
    let lasts = Duration::try_from(SystemClock.now().duration_since(begun)).unwrap();
    Calm {
        lasts,
        steps: desk.steps(),
        ended: Ended {
            id: id_of(&desk.newest().unwrap()),
            before,
            unknown: BTreeMap::new(),
            printed: Some(printed(desk)),
        },
    }
}

/// Sends the rows of a round and kills, until `kills` processes have died in all; then whoever is at it may
/// end the workflow.
pub(crate) async fn see_through(
    desk: &Desk,
    zendesk: &Simulator,
    chances: &Chances,
    totals: &mut Totals,
    kills: usize,
) -> Ended {
    let send = desk.sending(&people::of_round(totals.rounds));
    let before = zendesk.sends();
    let last = desk.newest().map(|one| id_of(&one));
    let mut unknown = BTreeMap::new();
    let mut id: Option<String> = None;
    let mut is_first = true;
    loop {
        let moment = (totals.kills < kills).then(|| chances.moment(is_first));
        let is_served = id.is_some() && chances.lots.throw(SERVED) == 0;
        is_first = false;
        let mut process = match &id {
            None => desk.start(&send),
            Some(_) if is_served => desk.start("serve --listen 127.0.0.1:0"),
            Some(id) => desk.start(&format!("workflow retry {id} --json")),
        };
        let served = id.as_deref().filter(|_| is_served);
        let is_killed = is_killed(desk, &mut process, moment, served).await;
        drop(process);
        let newest = || desk.newest().map(|one| id_of(&one));
        id = id.or_else(|| newest().filter(|id| last.as_ref() != Some(id)));
        let Some(id) = &id else {
            assert!(is_killed, "it ended and began no workflow");
            totals.killed("before there is a workflow");
            continue;
        };
        let seen = desk.look_at(id).await;
        if is_killed {
            totals.killed(&seen.phase);
            unknown.extend(seen.unknown);
        }
        if seen.is_over {
            return Ended {
                id: id.clone(),
                before,
                unknown,
                printed: (!is_killed && !is_served).then(|| printed(desk)),
            };
        }
        assert!(is_killed, "it left an open workflow: {}", desk.said().1);
    }
}

/// Waits until a process has ended or is killed at its moment. Returns whether it was killed. One that
/// serves is ended once the workflow of this id is over.
async fn is_killed(
    desk: &Desk,
    process: &mut Process,
    moment: Option<Moment>,
    served: Option<&str>,
) -> bool {
    let begun = SystemClock.now();
    let (mut reached, mut looked) = (None, begun);
    loop {
        if let Some(status) = process.0.try_wait().unwrap() {
            assert!(status.success(), "{status}: {:?}", desk.said());
            return false;
        }
        let now = SystemClock.now();
        let since = |moment| Duration::try_from(now.duration_since(moment)).unwrap_or_default();
        let is_due = match moment {
            None => false,
            Some(Moment::After(time)) => since(begun) >= time,
            Some(Moment::Step(number, pause)) => {
                if reached.is_none() && desk.steps() >= number {
                    reached = Some(now);
                }
                reached.is_some_and(|reached| since(reached) >= pause)
            }
        };
        if is_due {
            process.0.kill().unwrap();
            let status = process.0.wait().unwrap();
            // It may have ended by itself in the last millisecond.
            return status.signal() == Some(SIGKILL);
        }
        if let Some(id) = served
            && since(looked) >= LOOK
        {
            looked = now;
            let newest = desk.newest().unwrap();
            assert_eq!(id_of(&newest), id);
            if newest["state"] == "completed" {
                return false;
            }
        }
        assert!(since(begun) < LONGEST, "it hangs: {:?}", desk.said());
        SystemClock.sleep(TICK).await;
    }
}

fn id_of(workflow: &Value) -> String {
    workflow["id"].as_str().unwrap().to_owned()
}

fn printed(desk: &Desk) -> Value {
    serde_json::from_str(&desk.said().0).unwrap()
}
