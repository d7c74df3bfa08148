//! Why a file or folder could not be read or written, in a user's words.

use std::io;

use crate::open::Refusal;

/// The reason of an error, without the system's number and without a path.
pub fn of(error: &io::Error) -> String {
    if let Some(refusal) = Refusal::of(error) {
        return refusal.to_string();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "a folder where a file is expected".to_owned(),
        io::ErrorKind::NotADirectory => "a file where a folder is expected".to_owned(),
        io::ErrorKind::AlreadyExists => "there is something of that name already".to_owned(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        kind => kind.to_string(),
    }
}
