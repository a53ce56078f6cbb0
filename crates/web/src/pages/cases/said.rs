//! A comment with files as a form carries it: its files are kept aside as they come in, and become the
//! comment's once all of the form is here.

use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use engine::attachments::{self, Added, MOST_FILES, NewComment, Source, Spool, Spooled, too_many};
use store::users::User;

use crate::app::App;
use crate::form::Wrongs;
use crate::multipart::{Part, Parts, UNKNOWN};
use crate::problem::Problem;

/// The longest text of a field beside the files, in bytes.
const LONGEST: usize = 256 * 1024;

/// What a form may have beside the bytes of its files: texts, names, boundaries.
const BESIDE: u64 = 1024 * 1024;

/// A form that may hold as many bytes as a comment's files may have together.
pub(crate) struct CommentForm(Parts);

impl FromRequest<App> for CommentForm {
    type Rejection = Problem;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, Problem> {
        let most = u64::try_from(MOST_FILES).unwrap_or(u64::MAX);
        let files = app.engine.settings.files.largest.saturating_mul(most);
        let largest = files.saturating_add(BESIDE);
        let announced = request.headers().get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        // Who says so does not have to send it all first.
        if announced.is_some_and(|length| length > largest) {
            return Err(Problem::unreadable(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let largest = usize::try_from(largest).unwrap_or(usize::MAX);
        DefaultBodyLimit::max(largest).apply(&mut request);
        Ok(Self(Parts::from_request(request, app).await?))
    }
}

/// What the form says. Dropped before it was added, it leaves nothing.
#[derive(Default)]
pub(crate) struct Said {
    /// The text as it was typed, "" if there is none.
    pub(crate) text: String,
    /// The word that says whether the customer may see it, if there is one.
    pub(crate) public: Option<String>,
    /// Why the files cannot be taken, as a sentence. None of them is kept then.
    pub(crate) refused: Option<String>,
    files: Vec<Spooled>,
    /// How many files there were, kept or not.
    count: usize,
}

impl Said {
    /// Reads the fields in the order in which they come, to the end, also behind a file that is refused:
    /// what was typed is wanted all the same.
    ///
    /// # Errors
    /// The [`Problem`] if the form cannot be read, or holds a field that is not asked for.
    pub(crate) async fn read(app: &App, form: CommentForm) -> Result<Self, Problem> {
        let CommentForm(mut parts) = form;
        let (mut said, mut text) = (Self::default(), None);
        while let Some(part) = parts.next().await? {
            match part.name() {
                "text" if text.is_none() => text = Some(part.text(LONGEST).await?),
                "public" if said.public.is_none() => said.public = Some(part.text(LONGEST).await?),
                "file" => said.take(app, part).await?,
                other => return Err(Problem::invalid(other.to_owned(), UNKNOWN)),
            }
        }
        if said.count > MOST_FILES {
            said.refused = Some(too_many(said.count).to_string());
        }
        said.text = text.unwrap_or_default();
        Ok(said)
    }

    /// Keeps a file aside; of one that is refused the bytes are passed over.
    async fn take(&mut self, app: &App, mut part: Part<'_>) -> Result<(), Problem> {
        let mut piece = part.chunk().await?;
        // A browser sends a part without a name where no file was chosen.
        if part.file_name().is_empty() && piece.is_none() {
            return Ok(());
        }
        self.count += 1;
        if self.count > MOST_FILES {
            self.refuse(too_many(self.count))?;
        }
        let mut spool = None;
        if self.refused.is_none() {
            match Spool::begin(&app.engine, part.file_name()).await {
                Ok(begun) => spool = Some(begun),
                Err(error) => self.refuse(error)?,
            }
        }
        while let Some(bytes) = piece {
            if let Some(open) = &mut spool
                && let Err(error) = open.write(&bytes).await
            {
                spool = None;
                self.refuse(error)?;
            }
            piece = part.chunk().await?;
        }
        if let Some(spool) = spool {
            match spool.finish().await {
                Ok(file) => self.files.push(file),
                Err(error) => self.refuse(error)?,
            }
        }
        Ok(())
    }

    /// Notes why the files cannot be taken, and lets go of those that came.
    fn refuse(&mut self, error: engine::Error) -> Result<(), Problem> {
        let sentence = Wrongs::refusal(error)?.sentence();
        self.refused.get_or_insert(sentence);
        self.files.clear();
        Ok(())
    }

    /// Whether there were files, kept or not.
    pub(crate) fn has_files(&self) -> bool {
        self.count > 0
    }

    /// By this the same request is known again: the texts, and name and content of each file.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let public = self.public.as_deref().unwrap_or_default();
        let files = self.files.iter();
        let files = files.flat_map(|file| [file.name().as_bytes(), file.sha256()]);
        let all = [self.text.as_bytes(), public.as_bytes()].into_iter();
        // Each behind its length, so that none can look like the end of another.
        all.chain(files)
            .flat_map(|part| [&part.len().to_be_bytes(), part].concat())
            .collect()
    }

    /// Adds the comment to a case, under `id` if it was chosen before.
    ///
    /// # Errors
    /// As [`attachments::comment_as`], within; the [`Problem`] if that panicked.
    pub(crate) async fn add(
        self,
        app: &App,
        id: Option<String>,
        case: String,
        public: bool,
        author: User,
    ) -> Result<engine::Result<Added>, Problem> {
        let engine = app.engine.clone();
        let id = id.unwrap_or_else(|| engine.new_id());
        // In a task of its own: who goes away now has sent everything, and a comment is added whole, or
        // its files are removed at once.
        let added = tokio::spawn(async move {
            let new = NewComment {
                case: &case,
                text: &self.text,
                public,
                author: &author.id,
                actor: &author.email,
            };
            let files: Vec<Source> = self.files.into_iter().map(Source::from).collect();
            let limits = engine.settings.files;
            Box::pin(attachments::comment_as(&engine, id, new, files, limits)).await
        });
        let failed = |error: tokio::task::JoinError| Problem::broken(error.to_string());
        added.await.map_err(failed)
    }
}
