//! A simulator on loopback, as clients meet it.

use simulator::{Config, Simulator, StartError};

/// How the simulators of a run are started.
#[derive(Debug, Clone, Default)]
pub struct Stages;

/// A simulator and the address that clients are given.
#[derive(Debug)]
pub struct Stage {
    /// The simulator itself, to set up and to compare with.
    pub simulator: Simulator,
    /// Scheme and address for clients.
    pub url: String,
}

impl Stages {
    /// Whether nothing alters the answers: then every reviewed reason must be needed.
    pub fn is_honest(&self) -> bool {
        true
    }

    /// Starts a simulator.
    ///
    /// # Errors
    /// As [`simulator::start`].
    pub async fn open(&self, config: Config) -> Result<Stage, StartError> {
        let simulator = simulator::start(config).await?;
        let url = simulator.url();
        Ok(Stage { simulator, url })
    }
}
