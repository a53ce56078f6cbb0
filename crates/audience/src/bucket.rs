//! Objects of an S3-compatible store: fetched into a file without a name, then read like an upload.

use std::net::IpAddr;
use std::path::PathBuf;

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::{ObjectStoreExt as _, RetryConfig};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::error::Error;
use crate::form::Form;
use crate::limits::{Limits, size};
use crate::spool::{Spool, Spooled};

/// How a store knows who asks.
#[derive(Clone)]
pub enum BucketKey {
    /// Everybody may read the object.
    Public,
    /// A key pair. Keys of the machine itself are never used.
    Secret {
        /// The id of the key.
        id: SecretString,
        /// The key.
        secret: SecretString,
        /// What keys for a limited time have besides.
        session: Option<SecretString>,
    },
}

/// An object. Its place and key are from a credential of an administrator or operator
/// (profile-send.md 5).
#[derive(Clone)]
pub struct BucketSource {
    /// The store's address for all but Amazon's own: `https://minio.example.com`.
    pub endpoint: Option<String>,
    /// Whether the address may be one without TLS, for a store in a network of one's own.
    pub allow_plain_http: bool,
    /// The region, `us-east-1` for most stores of other makers.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The object's key in it.
    pub key: String,
    /// Who asks.
    pub access: BucketKey,
    /// A folder of ours with room for the object.
    pub folder: PathBuf,
    /// What is said of the object.
    pub form: Form,
}

impl std::fmt::Debug for BucketSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BucketSource")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Makes clients that follow no redirect and know no proxy (security-and-operations.md 1, SSRF).
#[derive(Debug)]
struct Plain {
    allow_http: bool,
    limits: Limits,
}

impl HttpConnector for Plain {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        // reqwest takes the process's provider. A second call answers Err and changes nothing.
        drop(rustls::crypto::ring::default_provider().install_default());
        #[expect(
            clippy::disallowed_methods,
            reason = "a client for object stores, as strict as the one for Zendesk"
        )]
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.limits.silence)
            .read_timeout(self.limits.silence)
            .http1_only()
            .https_only(!self.allow_http)
            // The size is compared with what the store says, so nothing may be unpacked.
            .no_gzip()
            .user_agent(concat!("deskbridge/", env!("CARGO_PKG_VERSION")));
        if self.allow_http {
            // A machine without a list of certificate authorities can still reach such a store.
            builder = builder.tls_certs_only([]);
        }
        let client = builder
            .build()
            .map_err(|error| object_store::Error::Generic {
                store: "S3",
                source: Box::new(error),
            })?;
        Ok(HttpClient::new(client))
    }
}

impl BucketSource {
    /// The object's key without its folders: what sentences call it.
    pub fn name(&self) -> String {
        let last = self.key.rsplit('/').next().unwrap_or_default();
        last.to_owned()
    }

    /// Fetches the object whole.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::TooMuch`] past `limits.input_bytes`, [`Error::Refused`] for an
    /// address that must not be called or a key that is not accepted, [`Error::Unavailable`].
    pub async fn fetch(&self, limits: &Limits) -> Result<Spooled, Error> {
        let name = self.name();
        let store = self.store(&name, limits)?;
        let path = object_store::path::Path::parse(&self.key).map_err(|_| {
            Error::refused(&name, "its key is none", "Correct the key of the object")
        })?;
        let answer = store
            .get(&path)
            .await
            .map_err(|error| self.explain(&name, &error))?;
        if answer.meta.size > limits.input_bytes {
            let why = format!(
                "it has {}, and {} is the most",
                size(answer.meta.size),
                size(limits.input_bytes)
            );
            return Err(Error::too_much(
                &name,
                None,
                why,
                "Send it in several parts",
            ));
        }
        let expected = answer.meta.size;
        let spooled = Spool::new(&name, &self.folder, limits)?
            .take(answer.into_stream().map_err(|_| "the connection broke off"))
            .await?;
        if spooled.bytes() != expected {
            return Err(Error::unavailable(
                &name,
                "only a part of it came",
                "check the connection to the store",
            ));
        }
        Ok(spooled)
    }

    fn store(&self, name: &str, limits: &Limits) -> Result<object_store::aws::AmazonS3, Error> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_allow_http(self.is_plain())
            .with_retry(RetryConfig {
                max_retries: 3,
                retry_timeout: limits.silence,
                ..RetryConfig::default()
            })
            .with_http_connector(Plain {
                allow_http: self.is_plain(),
                limits: limits.clone(),
            });
        if let Some(endpoint) = &self.endpoint {
            self.check_endpoint(name, endpoint)?;
            builder = builder.with_endpoint(endpoint);
        }
        builder = match &self.access {
            BucketKey::Public => builder.with_skip_signature(true),
            BucketKey::Secret {
                id,
                secret,
                session,
            } => {
                let signed = builder
                    .with_access_key_id(id.expose_secret())
                    .with_secret_access_key(secret.expose_secret());
                match session {
                    Some(session) => signed.with_token(session.expose_secret()),
                    None => signed,
                }
            }
        };
        // A key must be there even where nothing is signed: without one the library would ask the
        // machine's metadata service.
        if matches!(self.access, BucketKey::Public) {
            builder = builder
                .with_access_key_id("public")
                .with_secret_access_key("public");
        }
        builder.build().map_err(|error| self.explain(name, &error))
    }

    fn is_plain(&self) -> bool {
        self.allow_plain_http
            && self
                .endpoint
                .as_ref()
                .is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    fn check_endpoint(&self, name: &str, endpoint: &str) -> Result<(), Error> {
        let refuse = |why: &str| {
            Error::refused(
                name,
                why,
                "Write the address of the store as https://HOST in the credential",
            )
        };
        let url = Url::parse(endpoint).map_err(|_| refuse("the store's address is none"))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_plain_http => {}
            "http" => {
                return Err(refuse(
                    "the store's address is one without TLS, which the credential does not allow",
                ));
            }
            _ => return Err(refuse("the store's address is not one of the web")),
        }
        if !url.username().is_empty() || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse(
                "the store's address has more than a host and a path",
            ));
        }
        // Where clouds keep the keys of their machines.
        let is_metadata = match url.host() {
            None => return Err(refuse("the store's address has no host")),
            Some(Host::Domain(host)) => host.trim_end_matches('.') == "metadata.google.internal",
            Some(Host::Ipv4(address)) => is_metadata_address(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => is_metadata_address(IpAddr::V6(address)),
        };
        if is_metadata {
            return Err(refuse(
                "the store's address is that of a machine's own metadata",
            ));
        }
        Ok(())
    }

    fn explain(&self, name: &str, error: &object_store::Error) -> Error {
        use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
        if matches!(error, NotFound { .. }) {
            return Error::Missing {
                source_name: name.to_owned(),
            };
        }
        if matches!(error, PermissionDenied { .. } | Unauthenticated { .. }) {
            return Error::refused(
                name,
                "the store does not give the object to this key",
                "Check the key in the credential, and that it may read the object",
            );
        }
        Error::unavailable(
            name,
            format!("the store of the bucket `{}` did not give it", self.bucket),
            "check the address, the region and the bucket in the credential",
        )
    }
}

/// Link-local addresses, also inside the newer kind.
fn is_metadata_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local() || address.is_unspecified(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || address.is_unspecified()
                // The same service at Amazon.
                || address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    }
}
