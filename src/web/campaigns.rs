//! Campaigns for JavaScript: scopes by their guild and channel, and the files of bots.

use super::convert::{self, parse, promise};
use super::keep::KeepHandle;
use crate::campaign::Scope;
use crate::campaign::files::Files;
use crate::error::{Limits, Result};
use crate::json::Document;
use crate::keep::CampaignFilter;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

/// The record of a scope.
#[wasm_bindgen(js_name = rawCampaignId)]
pub fn campaign_id(guild: String, channel: String) -> String {
    Scope { guild, channel }.id()
}

/// `[campaigns, characters, npcs]`, each bytes or `undefined`.
fn files(given: &Array, limits: &Limits) -> Result<Files> {
    let file = |n: u32| -> Result<Option<Vec<u8>>> {
        let given = given.get(n);
        let given = given.dyn_ref::<Uint8Array>();
        given
            .map(|given| convert::bytes(given, limits.text, "text"))
            .transpose()
    };
    Ok(Files {
        campaigns: file(0)?,
        characters: file(1)?,
        npcs: file(2)?,
    })
}

#[wasm_bindgen]
impl KeepHandle {
    /// `{ items, unreadable }` as JSON; the filter is JSON.
    #[wasm_bindgen(js_name = listCampaigns)]
    pub fn list_campaigns(&self, filter: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let filter: CampaignFilter = parse(&filter)?;
            Ok(convert::ascii(&keep.campaigns().list(&filter).await?))
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = changeCampaign)]
    pub fn change_campaign(
        &self,
        guild: String,
        channel: String,
        patch: String,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (patch, write) = (Document::parse(&patch)?, convert::write(&write)?);
            let changed = keep
                .campaigns()
                .change(&Scope { guild, channel }, &patch, write)
                .await?;
            Ok(changed.to_string())
        })
    }

    /// Whether somebody should be let do something.
    #[wasm_bindgen(js_name = mayInCampaign)]
    pub fn may_in_campaign(
        &self,
        guild: String,
        channel: String,
        user: String,
        roles: Vec<String>,
        action: String,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (scope, action) = (Scope { guild, channel }, action.parse()?);
            keep.campaigns().may(&scope, &user, &roles, action).await
        })
    }

    /// `Brought` as JSON; files as arrays.
    #[wasm_bindgen(js_name = bringCampaigns)]
    pub fn bring_campaigns(
        &self,
        given: Array,
        base: Option<Array>,
        limits: JsValue,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (limits, write) = (convert::limits(&limits)?, convert::write(&write)?);
            let given = files(&given, &limits)?;
            let base = base.map(|base| files(&base, &limits)).transpose()?;
            let brought = keep
                .campaigns()
                .bring(&given, base.as_ref(), &limits, write)
                .await?;
            Ok(convert::ascii(&brought))
        })
    }

    /// `[campaigns, characters, npcs]` as bytes.
    #[wasm_bindgen(js_name = campaignFiles)]
    pub fn campaign_files(&self, guild: Option<String>) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let files = keep.campaigns().files(guild.as_deref()).await?;
            let files = [files.campaigns, files.characters, files.npcs];
            let bytes = |file: Option<Vec<u8>>| Uint8Array::from(&*file.unwrap_or_default());
            Ok(files.into_iter().map(bytes).collect::<Array>())
        })
    }
}
