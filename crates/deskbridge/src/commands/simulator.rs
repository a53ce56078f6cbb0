//! `deskbridge simulator`: a Zendesk to test against, in memory, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use simulator::{Config, Fault, HeaderEra, Limits, TlsFiles};

use crate::failure::usage;
use crate::output;
use crate::stop::Stop;

/// Arguments of `simulator`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  deskbridge simulator --listen 127.0.0.1:8099 --seed 7 --tickets 10000 --users 2000 --comments-per-ticket 3 --limits off\n  deskbridge simulator --fault reset-after:route=tickets:times=1\n\nSign in as agent@example.com with the API token `token`, or with the OAuth client `deskbridge`, secret `secret`.\ndocs/simulator.md lists every route, fault and control call."
)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// The same seed gives the same data
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many tickets to make
    #[arg(long, value_name = "N", default_value_t = 100)]
    tickets: u64,
    /// How many users to make, staff included
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(3..))]
    users: u64,
    /// Comments of each ticket, the first one (its description) included
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    comments_per_ticket: u32,
    /// Whose rate limits apply: off, team, growth, professional or enterprise
    #[arg(long, value_name = "PLAN", default_value = "off", value_parser = Limits::parse)]
    limits: Limits,
    /// How long every answer takes, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,
    /// How long a background job takes, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 1000)]
    job_ms: u64,
    /// The API token that opens the account
    #[arg(long, value_name = "T", default_value = "token")]
    api_token: String,
    /// The identifier of the OAuth client that may sign in
    #[arg(long, value_name = "ID")]
    oauth_client_id: Option<String>,
    /// The secret of that client: of a test account, so it may stand here
    #[arg(long, value_name = "SECRET")]
    oauth_client_secret: Option<String>,
    /// Serves TLS with this certificate chain (PEM)
    #[arg(long, value_name = "F", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "F", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serves under this path, for clients that insist on one: /zendesk
    #[arg(long, value_name = "P")]
    path_prefix: Option<String>,
    /// Something that goes wrong, such as status=503:after=3:times=1; may be given several times
    #[arg(long = "fault", value_name = "SPEC", value_parser = parse_fault)]
    faults: Vec<Fault>,
    /// Which generation of rate-limit headers to send: classic, 2023, current or none
    #[arg(long, value_name = "ERA", default_value = "current", value_parser = HeaderEra::parse)]
    header_era: HeaderEra,
    /// Where its clock starts, in Unix seconds (default: now); all data is older
    #[arg(long, value_name = "SECONDS")]
    start: Option<i64>,
    /// Lets the clock stand still until the control route moves it
    #[arg(long)]
    still_clock: bool,
}

fn parse_fault(text: &str) -> Result<Fault, String> {
    Fault::parse(text).map_err(|error| error.to_string())
}

impl Arguments {
    fn config(self) -> anyhow::Result<Config> {
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            _ => return Err(usage("--tls-cert and --tls-key go together.")),
        };
        let mut config = Config {
            listen: self.listen,
            seed: self.seed,
            tickets: self.tickets,
            users: self.users,
            comments_per_ticket: self.comments_per_ticket,
            limits: self.limits,
            api_token: self.api_token,
            latency: Duration::from_millis(self.latency_ms),
            job: Duration::from_millis(self.job_ms),
            tls,
            path_prefix: self.path_prefix,
            faults: self.faults,
            headers: self.header_era,
            start: self.start,
            still_clock: self.still_clock,
            ..Config::default()
        };
        if let Some(id) = self.oauth_client_id {
            config.oauth.id = id;
        }
        if let Some(secret) = self.oauth_client_secret {
            config.oauth.secret = secret;
        }
        Ok(config)
    }
}

/// Does it.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = arguments.config()?;
    let stop = Stop::listen();
    let simulator = start(config).await?;
    output::line(&format!(
        "Zendesk simulator listening on {}",
        simulator.url()
    ));
    stop.asked().await;
    simulator.stop().await;
    Ok(())
}

/// Starts one; making its data takes a processor for a while.
///
/// # Errors
/// Why it does not start.
pub(crate) async fn start(config: Config) -> anyhow::Result<simulator::Simulator> {
    simulator::start(config)
        .await
        .map_err(|error| anyhow!("The simulator did not start: {error}."))
}
