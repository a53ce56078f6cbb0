//! Paths on the server: only what lies under an import folder may be read, whatever links there are.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Opens the regular file at `path`, which must lie under one of `folders` once all links are
/// followed (profile-send.md 5). A relative path is tried under each folder. `name` stands for it
/// in sentences.
///
/// # Errors
/// [`Error::Refused`] for a path outside, and for what is no regular file; [`Error::Missing`] only
/// for a path inside that is not there: of what lies outside, nothing is told.
pub fn open_inside(name: &str, path: &Path, folders: &[PathBuf]) -> Result<(File, PathBuf), Error> {
    let refused = || {
        Error::refused(
            name,
            "it does not lie under one of the import folders",
            "Move the file there, or have its folder added to the import folders in the configuration",
        )
    };
    let roots = folders
        .iter()
        .filter_map(|folder| folder.canonicalize().ok());
    let mut missing = false;
    for root in roots {
        let wanted = root.join(path);
        match wanted.canonicalize() {
            Ok(real) if real.starts_with(&root) => {
                let file = open_regular(name, &real)?;
                // Between the look and the opening a link may have been put in its place.
                let again = wanted
                    .canonicalize()
                    .and_then(|path| path.symlink_metadata());
                let opened = file.metadata();
                return match (again, opened) {
                    (Ok(again), Ok(opened))
                        if (again.dev(), again.ino()) == (opened.dev(), opened.ino()) =>
                    {
                        Ok((file, real))
                    }
                    _ => Err(refused()),
                };
            }
            Ok(_) => {}
            Err(_) => missing |= lies_inside_by_name(&wanted, &root),
        }
    }
    if missing {
        return Err(Error::Missing {
            source_name: name.to_owned(),
        });
    }
    Err(refused())
}

/// Whether a path that is not there would lie under `root`: its nearest folder that exists does.
fn lies_inside_by_name(path: &Path, root: &Path) -> bool {
    let goes_up = path
        .components()
        .any(|part| part == std::path::Component::ParentDir);
    !goes_up
        && path
            .ancestors()
            .skip(1)
            .find_map(|folder| folder.canonicalize().ok())
            .is_some_and(|folder| folder.starts_with(root))
}

/// Opens a file that is one: a pipe or a device would never end.
pub(crate) fn open_regular(name: &str, path: &Path) -> Result<File, Error> {
    let about = path
        .metadata()
        .map_err(|error| Error::from_io(name, error))?;
    if !about.is_file() {
        let what = if about.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(Error::refused(name, format!("it is {what}"), "Name a file"));
    }
    File::open(path).map_err(|error| Error::from_io(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path) {
        std::fs::write(path, "email\n").unwrap();
    }

    #[test]
    fn only_files_under_an_import_folder_open() {
        let home = tempfile::tempdir().unwrap();
        let imports = home.path().join("imports");
        std::fs::create_dir_all(imports.join("daily")).unwrap();
        write(&imports.join("daily/people.csv"));
        write(&home.path().join("secret.csv"));
        let open = |path: &Path| open_inside("people.csv", path, std::slice::from_ref(&imports));

        assert!(open(&imports.join("daily/people.csv")).is_ok());
        assert!(open(Path::new("daily/people.csv")).is_ok());
        assert!(open(Path::new("daily/../daily/people.csv")).is_ok());
        let refusal = |path: &Path| open(path).unwrap_err();
        for outside in [
            home.path().join("secret.csv"),
            imports.join("../secret.csv"),
            PathBuf::from("../secret.csv"),
            PathBuf::from("/etc/passwd"),
            PathBuf::from("/etc/no-such-file"),
            home.path().join("imports-of-others/people.csv"),
        ] {
            let error = refusal(&outside);
            assert!(
                matches!(error, Error::Refused { .. }),
                "{outside:?}: {error}"
            );
        }
        assert!(matches!(
            refusal(Path::new("gone.csv")),
            Error::Missing { .. }
        ));
        assert!(matches!(refusal(Path::new("daily")), Error::Refused { .. }));
    }

    #[test]
    fn a_link_that_leads_out_of_the_folder_does_not_open() {
        let home = tempfile::tempdir().unwrap();
        let imports = home.path().join("imports");
        std::fs::create_dir_all(&imports).unwrap();
        write(&home.path().join("secret.csv"));
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, imports.join(name)).unwrap();
        };
        link(&home.path().join("secret.csv"), "file.csv");
        link(home.path(), "folder");
        write(&imports.join("inside.csv"));
        link(&imports.join("inside.csv"), "alias.csv");
        let open = |name: &str| open_inside(name, Path::new(name), std::slice::from_ref(&imports));
        assert!(matches!(open("file.csv"), Err(Error::Refused { .. })));
        assert!(matches!(
            open("folder/secret.csv"),
            Err(Error::Refused { .. })
        ));
        assert!(open("alias.csv").is_ok());
    }
}
