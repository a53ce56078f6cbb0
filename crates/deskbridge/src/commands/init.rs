//! `deskbridge init`: key, database, first administrator. Safe to repeat.

use clock::{Clock as _, SystemClock, SystemDice};
use domain::person::resembles_an_address;
use engine::staff::check_password;
use secrecy::SecretString;
use store::users::UserRole;
use store::{KeyProblem, passwords, users};

use crate::environment;
use crate::failure::usage;
use crate::installation::{Installation, Place};
use crate::key_file::make_folder;
use crate::output;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  ADMIN_PASSWORD=… deskbridge init --admin-email ada@example.com --admin-password-env ADMIN_PASSWORD"
)]
pub(crate) struct Arguments {
    /// The email address with which the first administrator signs in
    #[arg(long, value_name = "EMAIL")]
    admin_email: String,
    /// The environment variable that holds the administrator's password
    #[arg(long, value_name = "VARIABLE")]
    admin_password_env: String,
    /// The administrator's name (default: the part of the email before the @)
    #[arg(long, value_name = "NAME")]
    admin_name: Option<String>,
    /// Gives an administrator who exists already the password given
    #[arg(long)]
    reset_password: bool,
}

/// Does it.
pub(crate) async fn run(place: Place, arguments: Arguments) -> anyhow::Result<()> {
    let email = arguments.admin_email.trim();
    if !resembles_an_address(email) {
        return Err(usage(format!(
            "{email:?} is not an email address. Write for example --admin-email ada@example.com."
        )));
    }
    let password = environment::secret("--admin-password-env", &arguments.admin_password_env)?;
    check_password(&password, &[email]).map_err(|error| usage(error.to_string()))?;
    let (installation, told) = open(&place).await?;
    for line in told {
        output::line(&line);
    }
    let name = arguments
        .admin_name
        .clone()
        .unwrap_or_else(|| email.split('@').next().unwrap_or(email).to_owned());
    let told = administrator(
        &installation,
        email,
        &name,
        &password,
        arguments.reset_password,
    )
    .await?;
    output::line(&told);
    installation.close().await;
    Ok(())
}

/// Opens the installation, making key and database where they are missing. Returns what was found
/// and made.
pub(crate) async fn open(place: &Place) -> anyhow::Result<(Installation, Vec<String>)> {
    make_folder(&place.data)?;
    let mut told = Vec::new();
    let had_database = place.has_database();
    let file = place.key_file();
    let makes_key = !place.key_is_given() && !file.exists();
    if makes_key {
        file.make(&SystemDice)?;
    }
    let installation = match place.open_or_make().await {
        Ok(installation) => installation,
        Err(error) => {
            if makes_key {
                file.unmake();
                if is_wrong_key(&error) {
                    // The database belongs to a key that is not here: a new one opens nothing.
                    return Err(store::Error::Key(KeyProblem::Missing {
                        place: file.path().display().to_string(),
                    })
                    .into());
                }
            }
            return Err(error);
        }
    };
    told.push(if place.key_is_given() {
        "The key in DESKBRIDGE_KEY is in use.".to_owned()
    } else if makes_key {
        format!(
            "Made the key {}. Back it up apart from the database: without it stored secrets cannot be opened.",
            file.path().display()
        )
    } else {
        format!("The key {} exists already.", file.path().display())
    });
    let database = installation.engine.store.place();
    told.push(match (place.database_url().is_some(), had_database) {
        (true, _) => format!("The database {database} is ready."),
        (false, true) => format!("The database {database} exists already."),
        (false, false) => format!("Made the database {database}."),
    });
    Ok((installation, told))
}

fn is_wrong_key(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<store::Error>(),
        Some(store::Error::Key(KeyProblem::Wrong))
    )
}

/// Makes the administrator, or resets their password if asked. Returns what was done.
pub(crate) async fn administrator(
    installation: &Installation,
    email: &str,
    name: &str,
    password: &SecretString,
    reset: bool,
) -> anyhow::Result<String> {
    let store = &installation.engine.store;
    let now = SystemClock.now();
    let found = users::by_email(&mut *store.read().await?, email).await?;
    let hash = || {
        let password = password.clone();
        // Hashing takes a good part of a second of one processor.
        tokio::task::spawn_blocking(move || passwords::hash(&password, &SystemDice))
    };
    match found {
        None => {
            let hash = hash().await??;
            let mut tx = store.begin().await?;
            users::add(
                &mut tx,
                email,
                name,
                UserRole::Administrator,
                Some(hash),
                now,
                &SystemDice,
            )
            .await?;
            tx.commit().await?;
            Ok(format!("Made the administrator {email}."))
        }
        Some(user) if user.role != UserRole::Administrator => Err(anyhow::anyhow!(
            "{email} exists already and is not an administrator. Name another email address."
        )),
        Some(user) if reset => {
            let hash = hash().await??;
            let mut tx = store.begin().await?;
            users::set_password(
                &mut tx,
                &user,
                &hash,
                None,
                installation.engine.act(crate::installation::ACTOR),
            )
            .await?;
            tx.commit().await?;
            Ok(format!(
                "Gave the administrator {email} the new password and ended their sessions."
            ))
        }
        Some(_) => Ok(format!(
            "The administrator {email} exists already; their password was left as it is (--reset-password sets it)."
        )),
    }
}
