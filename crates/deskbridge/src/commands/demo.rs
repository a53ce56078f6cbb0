//! `deskbridge demo`: everything at work, on a bundled Zendesk simulator.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::anyhow;
use clock::{Clock as _, Dice as _, SystemClock, SystemDice};
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use engine::Engine;
use secrecy::{ExposeSecret as _, SecretString};
use simulator::{Role, Simulator};
use store::credentials::{self, CredentialDraft, CredentialKind};
use store::integrations::{self, ContactPolicy, EmailMatch, Integration, Settings};
use store::users::{self, UserRole};
use tokio::net::TcpListener;

use super::{init, serve};
use crate::arguments::Global;
use crate::config::Config;
use crate::environment::Environment;
use crate::installation::{ACTOR, Installation, Place};
use crate::output;
use crate::progress;
use crate::stop::Stop;
use crate::summary::Summary;

/// Who signs in to the pages. The simulator's administrator has the same address, so that tickets
/// assigned to them show as theirs here.
const ADMINISTRATOR: &str = "agent@example.com";
const INTEGRATION: &str = "demo";
const COMMENTS_PER_TICKET: u32 = 3;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  deskbridge demo\n  deskbridge demo --exit --json\n\nNothing of an installation is touched: the demonstration has a data folder of its own, in a temporary place\nunless --data names one, and always a SQLite file in it."
)]
pub(crate) struct Arguments {
    /// Ends after the first run instead of serving pages
    #[arg(long)]
    exit: bool,
    /// Prints the run's summary as one JSON object
    #[arg(long)]
    json: bool,
    /// Where to offer the pages (default: 127.0.0.1:8080, or a free port if that is taken)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How many tickets the bundled Zendesk has
    #[arg(long, value_name = "N", default_value_t = 300)]
    tickets: u64,
    /// How many users it has, staff included
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(3..))]
    users: u64,
    /// The same seed gives the same data
    #[arg(long, value_name = "S", default_value_t = 7)]
    seed: u64,
}

/// Does it.
pub(crate) async fn run(
    arguments: Arguments,
    global: Global,
    environment: Environment,
) -> anyhow::Result<()> {
    let listen = arguments.listen.as_deref().map(serve::parse).transpose()?;
    let stop = Stop::listen();
    let (folder, place) = make_place(global, environment)?;
    let (installation, _) = init::open(&place).await?;
    let shown = show(&arguments, listen, &place, &installation, stop);
    let shown = Box::pin(shown).await;
    installation.close().await;
    drop(folder);
    shown
}

/// The demonstration's own data folder; a temporary one goes when the guard is dropped.
fn make_place(
    global: Global,
    environment: Environment,
) -> anyhow::Result<(Option<tempfile::TempDir>, Place)> {
    let (guard, data): (_, PathBuf) = match global.data {
        Some(data) => {
            if data.join("deskbridge.db").exists() || data.join("key").exists() {
                return Err(anyhow!(
                    "{} holds an installation already, and a demonstration needs a folder of its own. Name an empty one, or leave --data out for a temporary one.",
                    data.display()
                ));
            }
            (None, data)
        }
        None => {
            let guard = tempfile::Builder::new()
                .prefix("deskbridge-demo-")
                .tempdir()
                .map_err(|error| {
                    anyhow!(
                        "No temporary folder can be made: {error}. Name a data folder with --data."
                    )
                })?;
            let data = guard.path().to_owned();
            (Some(guard), data)
        }
    };
    let place = Place {
        config: Config::load(global.config.as_deref(), &data.join("config.toml"))?
            .for_a_demonstration(),
        data,
        environment: Environment {
            allow_loopback: true,
            test_kill_at: environment.test_kill_at,
            test_checkpoints: environment.test_checkpoints,
            ..Environment::default()
        },
    };
    Ok((guard, place))
}

async fn show(
    arguments: &Arguments,
    listen: Option<SocketAddr>,
    place: &Place,
    installation: &Installation,
    stop: Stop,
) -> anyhow::Result<()> {
    let engine = &installation.engine;
    let filled = tokio::select! {
        filled = Box::pin(fill(arguments, installation)) => Some(filled?),
        () = stop.clone().asked() => None,
    };
    let Some(Filled {
        simulator,
        password,
        summary,
    }) = filled
    else {
        return Err(anyhow!(
            "The demonstration was ended before its first run was over."
        ));
    };
    summary.tell(arguments.json)?;
    if !arguments.exit {
        let listener = listener(listen).await?;
        announce(&listener, &password)?;
        serve::serve(engine, listener, &place.config, None, stop).await?;
    }
    simulator.stop().await;
    Ok(())
}

/// A demonstration that has something to show.
struct Filled {
    simulator: Simulator,
    password: SecretString,
    summary: Summary,
}

/// Starts the bundled Zendesk, connects to it and sees the first run through.
async fn fill(arguments: &Arguments, installation: &Installation) -> anyhow::Result<Filled> {
    let engine = &installation.engine;
    let simulator = super::simulator::start(simulator::Config {
        seed: arguments.seed,
        tickets: arguments.tickets,
        users: arguments.users,
        comments_per_ticket: COMMENTS_PER_TICKET,
        ..simulator::Config::default()
    })
    .await?;
    if !arguments.json {
        output::note(&format!(
            "A Zendesk simulator with {} users and {} tickets runs at {}.",
            arguments.users,
            arguments.tickets,
            simulator.url()
        ));
    }
    let password = new_password();
    let name = name_of(&simulator, ADMINISTRATOR);
    init::administrator(installation, ADMINISTRATOR, &name, &password, false).await?;
    add_staff(engine, &simulator).await?;
    let integration = add_integration(engine, &simulator).await?;
    let activation = Box::pin(engine::integrations::activate(engine, &integration, ACTOR)).await?;
    let expected = arguments
        .tickets
        .saturating_mul(1 + u64::from(COMMENTS_PER_TICKET))
        .saturating_add(arguments.users);
    let ended = Box::pin(progress::see_through(
        engine,
        &integration.id,
        &activation.run_id,
        Some(expected),
        arguments.json,
    ))
    .await?;
    Ok(Filled {
        simulator,
        password,
        summary: Summary::of(engine, ended).await?,
    })
}

/// The address asked for; without one the usual one, or any free one.
async fn listener(asked: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    match asked {
        Some(address) => serve::bind(address).await,
        None => match serve::bind(SocketAddr::from(([127, 0, 0, 1], 8080))).await {
            Ok(listener) => Ok(listener),
            Err(_) => serve::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await,
        },
    }
}

fn announce(listener: &TcpListener, password: &SecretString) -> anyhow::Result<()> {
    output::line("");
    output::line(&format!("Open      http://{}/", listener.local_addr()?));
    output::line(&format!("Email     {ADMINISTRATOR}"));
    output::line(&format!("Password  {}", password.expose_secret()));
    output::line("");
    output::note("Ctrl-C ends the demonstration.");
    Ok(())
}

/// Four groups of four letters and digits, none easily taken for another: 80 random bits.
fn new_password() -> SecretString {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 16];
    SystemDice.fill(&mut random);
    let mut text = String::new();
    for (n, byte) in random.iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    text.into()
}

fn name_of(simulator: &Simulator, email: &str) -> String {
    simulator.read(|account| {
        account
            .user_by_email(email)
            .map_or_else(|| email.to_owned(), |user| user.name.to_string())
    })
}

/// The support staff of the bundled Zendesk work here as well, as they would: tickets show as
/// assigned to them. Nobody but the administrator can log in.
async fn add_staff(engine: &Engine, simulator: &Simulator) -> anyhow::Result<()> {
    let staff: Vec<(String, String)> = simulator.read(|account| {
        account
            .users()
            .filter(|user| user.role != Role::EndUser && user.may_sign_in())
            .filter_map(|user| Some((user.email.as_deref()?.to_owned(), user.name.to_string())))
            .filter(|(email, _)| !email.eq_ignore_ascii_case(ADMINISTRATOR))
            .collect()
    });
    let mut tx = engine.store.begin().await?;
    for (email, name) in &staff {
        users::add(
            &mut tx,
            email,
            name,
            UserRole::Agent,
            None,
            SystemClock.now(),
            &SystemDice,
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

async fn add_integration(engine: &Engine, simulator: &Simulator) -> anyhow::Result<Integration> {
    let mut tx = engine.store.begin().await?;
    let owner = users::by_email(&mut tx, ADMINISTRATOR)
        .await?
        .ok_or_else(|| anyhow!("The administrator of the demonstration is gone."))?;
    let draft = CredentialDraft {
        name: INTEGRATION.to_owned(),
        description: format!("Made for the integration {INTEGRATION}"),
        kind: CredentialKind::OAuthClient,
        email: None,
        client_id: Some("deskbridge".to_owned()),
        secret: Some("secret".to_owned().into()),
    };
    let credential_id =
        credentials::add(&mut tx, &engine.keyring, &draft, engine.act(ACTOR)).await?;
    let settings = Settings {
        name: INTEGRATION.to_owned(),
        kind: engine::integrations::ZENDESK.to_owned(),
        url: simulator.url(),
        credential_id,
        default_email: Some(ADMINISTRATOR.to_owned()),
        owner_id: owner.id,
        two_way: false,
        priority: Priority::Remote,
        interval: std::time::Duration::from_secs(60),
        contacts: ContactPolicy::TicketPeople,
        unassigned: Unassigned::Leave,
        email_match: EmailMatch::Primary,
        budget_share: 50,
        maps: Maps::default(),
    };
    let settings = engine::integrations::check(settings, &engine.settings.addresses)?;
    integrations::add(&mut tx, &settings, engine.act(ACTOR)).await?;
    tx.commit().await?;
    super::integration::find(engine, INTEGRATION).await
}
