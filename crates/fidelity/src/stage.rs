//! A simulator on loopback, as clients meet it.

use std::sync::PoisonError;

use simulator::{Config, Simulator, StartError};

use crate::openapi::Exchange;
use crate::plant::{Log, Plant, Planted};

/// How the simulators of a run are started.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    /// The wrong answer that stands between them and their clients, and what was seen of it.
    plant: Option<(Plant, Log)>,
}

/// A simulator and the address that clients are given.
#[derive(Debug)]
pub struct Stage {
    /// The simulator itself, to set up and to compare with.
    pub simulator: Simulator,
    /// Scheme and address for clients.
    pub url: String,
    _proxy: Option<Planted>,
}

impl Stages {
    /// Simulators whose answers are altered.
    pub fn with(plant: Plant) -> Self {
        Self {
            plant: Some((plant, Log::default())),
        }
    }

    /// Whether nothing alters the answers: then every reviewed reason must be needed.
    pub fn is_honest(&self) -> bool {
        self.plant.is_none()
    }

    /// The exchanges whose answers were altered.
    pub fn seen(&self) -> Vec<Exchange> {
        match &self.plant {
            Some((_, log)) => log.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            None => Vec::new(),
        }
    }

    /// Starts a simulator.
    ///
    /// # Errors
    /// As [`simulator::start`].
    pub async fn open(&self, config: Config) -> Result<Stage, StartError> {
        let listen = config.listen;
        let simulator = simulator::start(config).await?;
        let url = simulator.url();
        let Some((plant, log)) = &self.plant else {
            return Ok(Stage {
                simulator,
                url,
                _proxy: None,
            });
        };
        let proxy = Planted::start(*plant, &url, log.clone())
            .await
            .map_err(|source| StartError::Listen {
                address: listen,
                source,
            })?;
        Ok(Stage {
            simulator,
            url: proxy.url.clone(),
            _proxy: Some(proxy),
        })
    }
}
