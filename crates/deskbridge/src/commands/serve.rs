//! `deskbridge serve`: pages, workers and schedule, until it is told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::anyhow;
use engine::{Engine, worker};
use tokio::net::TcpListener;

use crate::config::Config;
use crate::failure::usage;
use crate::installation::Place;
use crate::output;
use crate::stop::Stop;

/// How long requests and work under way may take to end once the process is asked to.
const GRACE: Duration = Duration::from_secs(10);

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  deskbridge serve --listen 127.0.0.1:8080")]
pub(crate) struct Arguments {
    /// Where to offer the pages (default: web.listen of the configuration, 127.0.0.1:8080)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// Does it.
pub(crate) async fn run(place: Place, arguments: Arguments) -> anyhow::Result<()> {
    let listen = arguments
        .listen
        .as_deref()
        .unwrap_or(&place.config.web.listen);
    let address = parse(listen)?;
    let stop = Stop::listen();
    let installation = place.open().await?;
    let listener = bind(address).await?;
    output::line(&format!(
        "Deskbridge serves http://{}/",
        listener.local_addr()?
    ));
    serve(&installation.engine, listener, &place.config, stop).await?;
    installation.close().await;
    Ok(())
}

/// Reads an address to listen on.
///
/// # Errors
/// A usage error that shows the form.
pub(crate) fn parse(text: &str) -> anyhow::Result<SocketAddr> {
    text.parse().map_err(|_| {
        usage(format!(
            "{text:?} is not an address to listen on. Write IP:PORT, for example 127.0.0.1:8080."
        ))
    })
}

/// Takes the address.
///
/// # Errors
/// A sentence that says what to do if it is taken.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        anyhow!(
            "Deskbridge cannot listen on {address}: {error}. Choose another address with --listen."
        )
    })
}

/// Offers the pages and does the work until `stop` is asked for, then ends both in good order.
///
/// # Errors
/// As the listener says.
pub(crate) async fn serve(
    engine: &Engine,
    listener: TcpListener,
    config: &Config,
    stop: Stop,
) -> anyhow::Result<()> {
    let public_url = Some(config.web.public_url.trim()).filter(|url| !url.is_empty());
    let options = web::Options::new(public_url, env!("CARGO_PKG_VERSION"))
        .map_err(|error| anyhow!("The setting web.public_url: {error}"))?;
    let pages = tokio::spawn(web::serve(
        listener,
        web::app(engine.clone(), options),
        stop.clone().asked(),
    ));
    let work = tokio::spawn(worker::serve(engine.clone(), stop.clone().asked()));
    stop.asked().await;
    output::note("Stopping: what is under way is finished first.");
    let ended = async {
        drop(work.await);
        pages.await
    };
    tokio::select! {
        ended = ended => ended??,
        // What is cut off here goes on at the next start: every step is durable.
        () = engine.clock.sleep(GRACE) => {}
    }
    Ok(())
}
