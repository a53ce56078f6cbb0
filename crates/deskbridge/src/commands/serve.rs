//! `deskbridge serve`: pages, workers and schedule, until it is told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::anyhow;
use engine::{Engine, worker};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use super::init;
use crate::config::Config;
use crate::failure::usage;
use crate::installation::{Installation, Place};
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
    let installation = open(&place).await?;
    let engine = &installation.engine;
    let listener = bind(address).await?;
    let local = listener.local_addr()?;
    output::line(&format!("Deskbridge serves http://{local}/"));
    let code = setup_code(engine).await?;
    if let Some(code) = &code {
        let base = match place.config.web.public_url.trim().trim_end_matches('/') {
            "" => format!("http://{local}"),
            given => given.to_owned(),
        };
        output::line(&format!(
            "Nobody can sign in yet. To make the first administrator, open {base}/setup?code={}",
            code.expose_secret()
        ));
    }
    serve(engine, listener, &place.config, code, stop).await?;
    installation.close().await;
    Ok(())
}

/// Opens the installation. Where there is none yet, it is made as `init` makes it, and its first
/// administrator is made in the browser.
async fn open(place: &Place) -> anyhow::Result<Installation> {
    // A server that was named may be empty; one that is not is refused without its key.
    let has_key = place.key_is_given() || place.key_file().exists();
    if place.has_database() && (has_key || place.database_url().is_none()) {
        return place.open().await;
    }
    let (installation, told) = init::open(place).await?;
    for line in told {
        output::line(&line);
    }
    Ok(installation)
}

/// What opens the first set-up, if there is nobody yet: 128 random bits that only this process knows.
async fn setup_code(engine: &Engine) -> anyhow::Result<Option<SecretString>> {
    if !store::users::is_empty(&mut *engine.store.read().await?).await? {
        return Ok(None);
    }
    let mut random = [0; 16];
    engine.dice.fill(&mut random);
    let code: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(code.into()))
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

/// Offers the pages and does the work until `stop` is asked for, then ends both in good order. Whoever has
/// the code makes the first administrator, as long as there is nobody.
///
/// # Errors
/// As the listener says.
pub(crate) async fn serve(
    engine: &Engine,
    listener: TcpListener,
    config: &Config,
    setup_code: Option<SecretString>,
    stop: Stop,
) -> anyhow::Result<()> {
    let public_url = Some(config.web.public_url.trim()).filter(|url| !url.is_empty());
    let options = web::Options::new(public_url, env!("CARGO_PKG_VERSION"))
        .map_err(|error| anyhow!("The setting web.public_url: {error}"))?;
    let options = match &setup_code {
        Some(code) => options.with_setup_code(code),
        None => options,
    };
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
