//! `deskbridge case attach` and `deskbridge case download`: comments and their files.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use engine::Engine;
use engine::attachments::{self, FileView, NewComment, Source, safe_name};
use serde_json::json;
use store::users::User;

use crate::commands::case::people::acting;
use crate::output;

/// What `case attach` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge case attach 12 report.pdf\n  deskbridge case attach 12 a.png b.png --public --text \"As you asked.\""
)]
pub(crate) struct Attach {
    /// The case's number or id
    case: String,
    /// The files, 20 at most, each of 50 MB at most unless the settings say otherwise
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the comment says (default: the names of the files)
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Lets the customer see the comment and its files
    #[arg(long)]
    public: bool,
    /// Who says it (default: the first administrator)
    #[arg(long = "as", value_name = "EMAIL")]
    author: Option<String>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What `case download` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge case download 12\n  deskbridge case download 12 report.pdf --to /tmp/report.pdf"
)]
pub(crate) struct Download {
    /// The case's number or id
    case: String,
    /// The file's name or id; without it the files of the case are listed
    file: Option<String>,
    /// Where to save it; never over another file (default: its name, in this folder)
    #[arg(long, value_name = "PATH", requires = "file")]
    to: Option<PathBuf>,
    /// Fetches it from Zendesk now if it is not here, also if that went wrong before
    #[arg(long, requires = "file")]
    fetch: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// A comment as it is typed, with or without files.
pub(crate) struct Said<'a> {
    /// The case's number or id.
    pub(crate) case: &'a str,
    /// Its text; without one it names its files.
    pub(crate) text: Option<&'a str>,
    /// Whether the customer may see it.
    pub(crate) public: bool,
    /// Its files.
    pub(crate) files: &'a [PathBuf],
}

/// Adds a comment with files.
///
/// # Errors
/// A sentence; nothing is added then.
pub(crate) async fn attach(engine: &Engine, arguments: Attach) -> anyhow::Result<()> {
    let author = acting(engine, arguments.author.as_deref()).await?;
    let said = Said {
        case: &arguments.case,
        text: arguments.text.as_deref(),
        public: arguments.public,
        files: &arguments.files,
    };
    say(engine, said, &author, arguments.json).await
}

/// Adds a comment, with files or without.
///
/// # Errors
/// A sentence; nothing is added then.
pub(crate) async fn say(
    engine: &Engine,
    said: Said<'_>,
    author: &User,
    as_json: bool,
) -> anyhow::Result<()> {
    let mut files = Vec::with_capacity(said.files.len());
    for path in said.files {
        files.push(open(path).await?);
    }
    let names: Vec<String> = files.iter().map(|file| safe_name(&file.name)).collect();
    let text = match said.text {
        Some(text) => text.to_owned(),
        None => format!("Attached: {}", names.join(", ")),
    };
    let new = NewComment {
        case: said.case,
        text: &text,
        public: said.public,
        author: &author.id,
        actor: &author.email,
    };
    let added = Box::pin(attachments::comment(
        engine,
        new,
        files,
        engine.settings.files,
    ))
    .await?;
    if as_json {
        return output::json(&json!({ "comment": added.comment, "files": added.files }));
    }
    output::line(&format!(
        "Added {}{} to case {}.",
        if said.public {
            "a public comment"
        } else {
            "a private note"
        },
        match names.len() {
            0 => String::new(),
            1 => " with 1 file".to_owned(),
            many => format!(" with {many} files"),
        },
        said.case
    ));
    Ok(())
}

/// Lists the files of a case, or saves one.
///
/// # Errors
/// A sentence; nothing is left half saved.
pub(crate) async fn download(engine: &Engine, arguments: Download) -> anyhow::Result<()> {
    let case = store::cases::find(&mut *engine.store.read().await?, &arguments.case).await?;
    let case = case.ok_or_else(|| {
        anyhow!(
            "There is no case {:?}. `deskbridge case list` shows those there are.",
            arguments.case
        )
    })?;
    let files = attachments::of_case(engine, &case.id).await?;
    let Some(wanted) = &arguments.file else {
        return list(&files, arguments.json);
    };
    let mut file = choose(files, wanted, &arguments.case)?;
    if !file.is_here && arguments.fetch {
        file = Box::pin(attachments::fetch(engine, &file.id, engine.settings.files)).await?;
    }
    if !file.is_here {
        return Err(not_here(&file));
    }
    let path = arguments.to.unwrap_or_else(|| PathBuf::from(&file.name));
    save(engine, &file, &path).await?;
    if arguments.json {
        return output::json(&json!({ "file": file, "path": path }));
    }
    output::line(&format!(
        "Saved {} ({}).",
        path.display(),
        file.size_in_words()
    ));
    Ok(())
}

async fn open(path: &Path) -> anyhow::Result<Source> {
    let unreadable = || {
        format!(
            "The file {} cannot be read. Check its path and its permissions.",
            path.display()
        )
    };
    let file = tokio::fs::File::open(path).await.with_context(unreadable)?;
    if !file.metadata().await.with_context(unreadable)?.is_file() {
        return Err(anyhow!(
            "{} is no file. Name files, not folders.",
            path.display()
        ));
    }
    let name = path.file_name().unwrap_or_default();
    Ok(Source {
        name: name.to_string_lossy().into_owned(),
        content: Box::pin(file),
    })
}

fn list(files: &[FileView], json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&json!({ "files": files }));
    }
    if files.is_empty() {
        output::note("The comments of this case have no files.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = files
        .iter()
        .map(|file| {
            vec![
                file.id.clone(),
                file.state.to_owned(),
                file.size_in_words(),
                output::shown(&file.name, 60),
                output::shown(file.problem.as_deref().unwrap_or_default(), 200),
            ]
        })
        .collect();
    output::table(&["ID", "STATE", "SIZE", "NAME", "PROBLEM"], &rows);
    Ok(())
}

/// The file of this id or name.
fn choose(files: Vec<FileView>, wanted: &str, case: &str) -> anyhow::Result<FileView> {
    let mut found: Vec<FileView> = files
        .into_iter()
        .filter(|file| file.id == wanted || file.name == wanted)
        .collect();
    match found.len() {
        0 => Err(anyhow!(
            "Case {case} has no file {wanted:?}. `deskbridge case download {case}` lists those it has."
        )),
        1 => Ok(found.remove(0)),
        many => Err(anyhow!(
            "Case {case} has {many} files of the name {wanted:?}. Name one by its id: {}.",
            found
                .iter()
                .map(|file| file.id.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        )),
    }
}

fn not_here(file: &FileView) -> anyhow::Error {
    match &file.problem {
        Some(problem) => {
            anyhow!("The file is not here. {problem} To try again at once, add --fetch.")
        }
        None => anyhow!(
            "The file is only in Zendesk as yet. `deskbridge serve` fetches it; to do so at once, add --fetch."
        ),
    }
}

/// Saves the bytes piece by piece, never over another file, wholly or not at all.
async fn save(engine: &Engine, file: &FileView, path: &Path) -> anyhow::Result<()> {
    let cannot = || {
        format!(
            "{} cannot be written. If it is there already, choose another path with --to.",
            path.display()
        )
    };
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(cannot)?;
    let written = async {
        let mut size = 0;
        for seq in 0.. {
            let mut reader = engine.store.read().await?;
            let Some(piece) = store::attachments::chunk(&mut reader, &file.id, seq).await? else {
                break;
            };
            out.write_all(&piece).with_context(cannot)?;
            size += i64::try_from(piece.len())?;
        }
        out.flush().with_context(cannot)?;
        if file.size.is_some_and(|told| told != size) {
            return Err(anyhow!(
                "The file was removed while it was saved: it was redacted in Zendesk."
            ));
        }
        Ok(())
    };
    let written = written.await;
    if written.is_err() {
        // What is not whole is worse than nothing; that it cannot be removed changes no answer.
        drop(std::fs::remove_file(path));
    }
    written
}
