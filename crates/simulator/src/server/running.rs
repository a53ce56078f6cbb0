//! Starting and stopping, and what a test that holds the simulator can do.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

use super::{Core, handle};
use crate::account::Account;
use crate::account::audit::Audit;
use crate::account::tally::{Sends, Tally};
use crate::account::webhook::{Invocation, Open, Post};
use crate::clock::Hands;
use crate::config::{Config, Switches, TlsFiles};
use crate::fault::Fault;
use crate::{content, courier, data};

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could not be taken.
    #[error(
        "cannot listen on {address}: {source}; choose another address, or port 0 for a free port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A TLS file could not be read.
    #[error(
        "cannot read {path} as PEM: {reason}; give a certificate chain and its unencrypted private key"
    )]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate and the key do not make a server.
    #[error("the certificate and key cannot be used for TLS: {0}; check that they belong together")]
    Certificate(#[from] rustls::Error),
    /// The environment names a switch, or a position of one, that is not there.
    #[error("{0}; name switches as docs/simulator.md does, or unset the variable")]
    Switches(String),
    /// Making the data was broken off: the runtime is shutting down.
    #[error("the simulator's data was not made to its end; start it again")]
    Data,
    /// The path prefix is no path.
    #[error("the path prefix {0:?} must begin with / and must not end with it")]
    Prefix(String),
}

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    core: Arc<Core>,
    /// The task that delivers webhooks.
    courier: AbortHandle,
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: Option<JoinHandle<()>>,
}

/// Makes the data, binds the address and serves in the background.
///
/// # Errors
/// An address that is taken, TLS files that cannot be used, a prefix that is no path, an environment
/// that names an unknown switch.
pub async fn start(config: Config) -> Result<Simulator, StartError> {
    Switches::check_environment().map_err(StartError::Switches)?;
    if let Some(prefix) = &config.path_prefix
        && (!prefix.starts_with('/') || prefix.ends_with('/'))
    {
        return Err(StartError::Prefix(prefix.clone()));
    }
    let tls = config.tls.as_ref().map(read_tls).transpose()?;
    let (listener, address) = listen(config.listen)?;
    let (content_listener, content_address) = listen(SocketAddr::new(config.listen.ip(), 0))?;
    let hands = Hands::new(config.start, config.still_clock);
    let (now, recipe) = (hands.now_ms().div_euclid(1000), config.clone());
    let mut account = tokio::task::spawn_blocking(move || data::generate(&recipe, now))
        .await
        .map_err(|_| StartError::Data)?;
    let (sender, parcels) = mpsc::unbounded_channel();
    let open = Arc::new(Open::default());
    account.post = Some(Post {
        parcels: sender,
        open: open.clone(),
    });
    let scheme = if tls.is_some() { "https" } else { "http" };
    let content_host = format!("{scheme}://{content_address}");
    let core = Arc::new(Core::new(config, hands, account, open, content_host));
    let contents = Router::new()
        .fallback(content::handle)
        .with_state(core.clone());
    let service = Router::new().fallback(handle).with_state(core.clone());
    let handle = Handle::new();
    let contents = serve(content_listener, contents, tls.clone(), handle.clone())?;
    let serving = serve(listener, service, tls, handle.clone())?;
    let task = tokio::spawn(async move {
        for one in [serving, contents] {
            match one.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the simulator stopped serving"),
                Err(error) => tracing::error!(%error, "the simulator's server task ended"),
            }
        }
    });
    let courier = tokio::spawn(courier::run(core.clone(), parcels));
    Ok(Simulator {
        core,
        courier: courier.abort_handle(),
        address,
        handle,
        task: Some(task),
    })
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Serves in the background until its handle is shut down. Dropping the task does not end it.
fn serve(
    listener: TcpListener,
    service: Router,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
) -> Result<JoinHandle<io::Result<()>>, StartError> {
    let address = listener.local_addr().ok();
    let failed = |source| StartError::Listen {
        address: address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
        source,
    };
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    Ok(match tls {
        Some(tls) => {
            let server = axum_server::from_tcp_rustls(listener, tls).map_err(failed)?;
            tokio::spawn(server.handle(handle).serve(service))
        }
        None => {
            let server = axum_server::from_tcp(listener).map_err(failed)?;
            tokio::spawn(server.handle(handle).serve(service))
        }
    })
}

impl Simulator {
    /// Scheme, address and prefix: what a client is given as the account's URL.
    pub fn url(&self) -> String {
        let scheme = match self.core.config.tls {
            Some(_) => "https",
            None => "http",
        };
        let prefix = self.core.config.path_prefix.as_deref().unwrap_or_default();
        format!("{scheme}://{}{prefix}", self.address)
    }

    /// Scheme and address of the host that keeps contents of files, to which their addresses lead.
    pub fn content_url(&self) -> &str {
        &self.core.content_host
    }

    /// The address it listens on, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Moves the simulator's clock on; jobs and scrubbing that fall due are done.
    pub fn advance(&self, by: Duration) {
        self.core.hands.advance(by);
        self.core.catch_up();
        drop(self.core.account_mut());
    }

    /// Unix seconds on the simulator's clock.
    pub fn now(&self) -> i64 {
        self.core.hands.now_ms().div_euclid(1000)
    }

    /// Arms a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.core.desk().faults.add(fault);
    }

    /// Takes all faults away; credentials refused by `revoke-token` work again.
    pub fn clear_faults(&self) {
        self.core.desk().faults.clear();
    }

    /// How often each armed fault has happened, in the order they were armed.
    pub fn faults_happened(&self) -> Vec<u64> {
        let lines = self.core.desk().faults.list();
        lines.iter().map(|line| line.fired).collect()
    }

    /// How many requests came in, refused ones too; those of the control route do not count.
    pub fn requests(&self) -> u64 {
        self.core.desk().requests.values().sum()
    }

    /// How many requests came in by method and route: `GET incremental/tickets/cursor`.
    pub fn requests_by_route(&self) -> BTreeMap<String, u64> {
        self.core.desk().requests.clone()
    }

    /// How many requests that write came in by method and route: all that are no GET, also those that
    /// were refused, lost or late. More than one of a kind for one edit is a write too many.
    pub fn writes_by_route(&self) -> BTreeMap<String, u64> {
        let mut writes = self.requests_by_route();
        writes.retain(|route, _| !route.starts_with("GET "));
        writes
    }

    /// What clients did to users so far.
    pub fn sends(&self) -> Sends {
        self.core.catch_up();
        self.core.sends()
    }

    /// How often clients made a user with this external id or email, in any case of letters.
    pub fn times_made(&self, id: &str) -> u32 {
        self.read(|account| account.tally.times_made(id))
    }

    /// Moves switches while it runs. Those of signing in stay as they were.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.core.desk().switches;
        change(&mut switches);
        self.core.set_switches(switches);
    }

    /// How long the jobs take that are queued from now on, on the simulator's clock.
    pub fn set_job_time(&self, takes: Duration) {
        self.core.desk().job_ms = i64::try_from(takes.as_millis()).unwrap_or(i64::MAX / 4);
    }

    /// Forgets the job that is done, or all that are, as Zendesk does after a day; says how many.
    pub fn forget_jobs(&self, id: Option<&str>) -> usize {
        self.edit(|account| account.jobs.forget(id))
    }

    /// How many tickets there are, without deleted ones.
    pub fn count_tickets(&self) -> usize {
        self.read(Account::count_tickets)
    }

    /// How many comments there are, on deleted tickets too.
    pub fn count_comments(&self) -> usize {
        self.read(Account::count_comments)
    }

    /// How many audits there are, of deleted tickets too.
    pub fn count_audits(&self) -> usize {
        self.read(|account| account.audits().count())
    }

    /// A ticket's audits, oldest first.
    pub fn audits_of(&self, ticket_id: i64) -> Vec<Audit> {
        self.read(|account| account.audits_of(ticket_id).cloned().collect())
    }

    /// Looks at the account.
    pub fn read<R>(&self, look: impl FnOnce(&Account) -> R) -> R {
        self.core.catch_up();
        look(&self.core.account())
    }

    /// Changes the account, as people and systems other than the client at hand would.
    pub fn edit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        self.core.catch_up();
        change(&mut self.core.account_mut())
    }

    /// Gives out an OAuth access token and a refresh token for the administrator, as the sign-in
    /// page would: `(access, refresh)`.
    pub fn issue_tokens(&self, scopes: &[&str]) -> (String, String) {
        self.core.issue_tokens(scopes)
    }

    /// Every delivery of a webhook with its attempts, oldest first.
    pub fn webhook_invocations(&self) -> Vec<Invocation> {
        self.read(|account| account.webhook_invocations().to_vec())
    }

    /// Waits until every webhook is delivered or given up. What a fault holds back until the clock
    /// moves is not waited for.
    pub async fn webhooks_settled(&self) {
        self.core.open.none().await;
    }

    /// Stops serving and closes every connection.
    pub async fn stop(mut self) {
        self.handle.shutdown();
        if let Some(task) = self.task.take()
            && task.await.is_err()
        {
            tracing::warn!("the simulator's task did not end cleanly");
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.courier.abort();
        self.handle.shutdown();
    }
}

impl Core {
    /// What clients did to users so far.
    pub(crate) fn sends(&self) -> Sends {
        let account = self.account();
        let desk = self.desk();
        Sends {
            jobs_open: account.jobs.count_open(),
            most_open_jobs: account.jobs.most_open,
            requests_too_early: desk.limiter.too_early + desk.faults.too_early,
            ..account.tally.sends()
        }
    }

    /// Begins the counters of sends at zero.
    pub(crate) fn clear_sends(&self) {
        let mut account = self.account_mut();
        account.tally = Tally::default();
        account.jobs.most_open = account.jobs.count_open();
        let mut desk = self.desk();
        desk.limiter.too_early = 0;
        desk.faults.too_early = 0;
    }

    /// Gives out tokens for the administrator: `(access, refresh)`.
    pub(crate) fn issue_tokens(&self, scopes: &[&str]) -> (String, String) {
        let user_id = self.account().administrator();
        let now_ms = self.hands.now_ms();
        let lives = crate::routes::oauth::Lives::of(&self.config.oauth);
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        crate::routes::oauth::issue_pair(&mut self.desk().tokens, user_id, &scopes, lives, now_ms)
    }
}

fn read_tls(files: &TlsFiles) -> Result<RustlsConfig, StartError> {
    let unreadable = |path: &Path, reason: String| StartError::Tls {
        path: path.to_owned(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(&files.cert, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unreadable(&files.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(server)))
}
