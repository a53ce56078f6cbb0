//! When this process is asked to end.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves at SIGTERM or Ctrl-C.
///
/// # Errors
/// If the system does not let the process listen for signals.
pub(crate) async fn asked() -> anyhow::Result<()> {
    let refused =
        |error| anyhow::anyhow!("The system does not let Deskbridge listen for signals: {error}.");
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// A signal that several tasks can wait for: the first of them to hear of SIGTERM or Ctrl-C tells
/// all others.
#[derive(Clone)]
pub(crate) struct Stop(tokio::sync::watch::Receiver<bool>);

impl Stop {
    /// Begins to listen.
    pub(crate) fn listen() -> Self {
        let (say, heard) = tokio::sync::watch::channel(false);
        tokio::spawn(async move {
            // Without a way to hear of signals, the system's own handling of them remains.
            if asked().await.is_ok() {
                say.send_replace(true);
            } else {
                std::future::pending::<()>().await;
            }
        });
        Self(heard)
    }

    /// Turns true once the process was asked to end.
    pub(crate) fn flag(&self) -> tokio::sync::watch::Receiver<bool> {
        self.0.clone()
    }

    /// Resolves once the process was asked to end.
    pub(crate) async fn asked(mut self) {
        drop(self.0.wait_for(|asked| *asked).await);
    }
}
