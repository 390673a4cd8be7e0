//! The specifications that a card may follow.

use crate::error::{Error, Kind, Result};
use std::str::FromStr;

/// Which specification a card follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spec {
    /// A flat object of six texts.
    V1,
    /// `chara_card_v2`: fields in `data`.
    V2,
    /// `chara_card_v3`: V2 with assets, nickname and more.
    V3,
}

impl Spec {
    /// `v1`, `v2` or `v3`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Spec::V1 => "v1",
            Spec::V2 => "v2",
            Spec::V3 => "v3",
        }
    }

    /// What a card that has `data` says in `spec` and `spec_version`.
    pub(super) const fn spelled(self) -> (&'static str, &'static str) {
        match self {
            Spec::V3 => ("chara_card_v3", "3.0"),
            Spec::V1 | Spec::V2 => ("chara_card_v2", "2.0"),
        }
    }
}

impl FromStr for Spec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Spec> {
        match name {
            "v1" => Ok(Spec::V1),
            "v2" => Ok(Spec::V2),
            "v3" => Ok(Spec::V3),
            _ => Err(Kind::BadOption.because(format!(
                "`spec` is `{name}`, one of `v1`, `v2`, `v3` was wanted"
            ))),
        }
    }
}
