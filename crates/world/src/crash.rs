//! Ending at a durable step, as kill -9 would, without ending the test.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::Checkpoint;
use futures_util::FutureExt as _;
use simulator::Simulator;
use store::runs::Run;

use crate::World;

/// The work ended at the step named so, as if the process had been killed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crashed(pub &'static str);

/// What somebody does at a step.
type Doing = Box<dyn FnOnce() + Send>;

/// The steps reached since the last restart, the one to end at, and what is done at some.
#[derive(Default)]
pub(crate) struct Checkpoints {
    names: Mutex<Vec<&'static str>>,
    end_at: AtomicUsize,
    ended: AtomicBool,
    doings: Mutex<Vec<(&'static str, Doing)>>,
}

impl Checkpoints {
    pub(crate) fn listener(self: &Arc<Self>) -> Checkpoint {
        let own = self.clone();
        Arc::new(move |name| own.reached(name))
    }

    fn reached(&self, name: &'static str) {
        let count = {
            let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            names.push(name);
            names.len()
        };
        let doing = {
            let mut doings = self.doings.lock().unwrap_or_else(PoisonError::into_inner);
            let place = doings.iter().position(|(step, _)| *step == name);
            place.map(|place| doings.remove(place).1)
        };
        if let Some(doing) = doing {
            doing();
        }
        if count == self.end_at.load(Ordering::SeqCst) && !self.ended.swap(true, Ordering::SeqCst) {
            // Without the panic hook: nothing went wrong that anybody should read of.
            resume_unwind(Box::new(Crashed(name)));
        }
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Forgets what was reached and ends nowhere.
    pub(crate) fn settle(&self) {
        self.end_at.store(0, Ordering::SeqCst);
        self.ended.store(false, Ordering::SeqCst);
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn add(&self, step: &'static str, doing: Doing) {
        let mut doings = self.doings.lock().unwrap_or_else(PoisonError::into_inner);
        doings.push((step, doing));
    }

    fn end_at(&self, number: usize) {
        self.settle();
        self.end_at.store(number, Ordering::SeqCst);
    }
}

impl World {
    /// The durable steps reached since the world began or was restarted, in order.
    pub fn steps(&self) -> Vec<&'static str> {
        self.checkpoints.names()
    }

    /// Forgets the steps reached so far.
    pub fn forget_steps(&self) {
        self.checkpoints.settle();
    }

    /// Has somebody change Zendesk at the very moment in which this durable step is reached next, while
    /// the clocks stand still. Several for one step take their turns.
    pub fn at_step(&self, step: &'static str, change: impl FnOnce(&Simulator) + Send + 'static) {
        let zendesk = self.simulator.clone();
        self.checkpoints
            .add(step, Box::new(move || change(&zendesk)));
    }

    /// As [`World::sync`], but the work ends at the durable step `number`, counted from 1: nothing
    /// after it happens, and whatever was open is dropped. Then [`World::restart`], and go on.
    ///
    /// # Errors
    /// [`Crashed`] if it came to that; the run if it ended before.
    pub async fn sync_until_step(&self, number: usize) -> Result<Run, Crashed> {
        self.until_step(number, self.sync()).await
    }

    /// Any work that ends at the durable step `number`, as [`World::sync_until_step`].
    ///
    /// # Errors
    /// [`Crashed`] if it came to that.
    pub async fn until_step<T>(
        &self,
        number: usize,
        work: impl Future<Output = T>,
    ) -> Result<T, Crashed> {
        self.checkpoints.end_at(number);
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        let crashed = match ended {
            Ok(done) => return Ok(done),
            Err(panic) => panic.downcast::<Crashed>(),
        };
        match crashed {
            Ok(crashed) => Err(*crashed),
            Err(panic) => resume_unwind(panic),
        }
    }
}
