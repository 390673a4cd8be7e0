//! Worlds and characters for JavaScript: JSON text out.

use super::convert::{self, optional_bytes, parse, promise};
use super::keep::{KeepHandle, RawExport};
use crate::error::Limits;
use crate::json::Document;
use crate::keep::PlaythroughFilter;
use crate::world::events::{self, Scene, Trigger};
use crate::world::playthrough;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

/// Has events happen in a playthrough: `EventsRun` as JSON. All three are JSON.
///
/// # Errors
/// Those of [`events::run`] and [`playthrough::check`], and `bad-option`.
#[wasm_bindgen(js_name = rawRunEvents)]
pub fn run_events(
    state: &str,
    run: &str,
    trigger: &str,
    now_ms: f64,
) -> std::result::Result<String, JsValue> {
    let (state, run) = (Document::parse(state)?, Document::parse(run)?);
    playthrough::check(&run)?;
    let at = playthrough::summary(&run).position;
    let mut warnings = Vec::new();
    let scene = Scene::of(&state, &at);
    let (run, fired) = events::run(&run, scene, &parse(trigger)?, now_ms as i64, &mut warnings)?;
    let run = playthrough::view(&run);
    let (fired, warnings) = (convert::ascii(&fired), convert::ascii(&warnings));
    Ok(format!(
        r#"{{"run":{run},"fired":{fired},"warnings":{warnings}}}"#
    ))
}

#[wasm_bindgen]
impl KeepHandle {
    /// `LocationSuggestion[]` as JSON.
    #[wasm_bindgen(js_name = suggestLocations)]
    pub fn suggest_locations(&self, character: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let suggested = keep.worlds().suggest_locations(&character).await?;
            Ok(convert::ascii(&suggested))
        })
    }

    /// `WorldState` as JSON.
    #[wasm_bindgen(js_name = worldFromCharacter)]
    pub fn world_from_character(&self, character: String, include: Option<Vec<String>>) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let worlds = keep.worlds();
            worlds.from_character(&character, include.as_deref()).await
        })
    }

    /// `FoundLocation` as JSON, or `undefined`.
    #[wasm_bindgen(js_name = worldLocation)]
    pub fn world_location(&self, world: String, place: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { keep.worlds().location(&world, &place).await })
    }

    /// `FoundLocation[]` as JSON; `within` is a plane and the edges of a rectangle in it, whole numbers.
    #[wasm_bindgen(js_name = worldViewport)]
    pub fn world_viewport(&self, world: String, within: Vec<f64>) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let edge = |n: usize| within.get(n).map_or(0, |edge| *edge as i64);
            let (x, y) = ([edge(1), edge(2)], [edge(3), edge(4)]);
            keep.worlds().viewport(&world, edge(0), x, y).await
        })
    }

    /// `{ items, unreadable }` as JSON; the filter is JSON.
    #[wasm_bindgen(js_name = listPlaythroughs)]
    pub fn list_playthroughs(&self, filter: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let filter: PlaythroughFilter = parse(&filter)?;
            Ok(convert::ascii(&keep.playthroughs().list(&filter).await?))
        })
    }

    /// The entry as JSON; what is begun is JSON.
    #[wasm_bindgen(js_name = createPlaythrough)]
    pub fn create_playthrough(&self, begun: String, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (begun, write): (PlaythroughFilter, _) = (parse(&begun)?, convert::write(&write)?);
            let created = keep.playthroughs().create(&begun, write).await?;
            Ok(created.to_string())
        })
    }

    /// `KeptPlaythrough` as JSON, or `undefined`.
    pub fn playthrough(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { keep.playthroughs().get(&id).await })
    }

    /// `Played` as JSON.
    #[wasm_bindgen(js_name = movePlaythrough)]
    pub fn move_playthrough(&self, id: String, position: String, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            let moved = keep.playthroughs().move_to(&id, &position, write).await?;
            Ok(convert::ascii(&moved))
        })
    }

    /// A `RawExport` of the tree.
    #[wasm_bindgen(js_name = exportWorldTree)]
    pub fn export_world_tree(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(RawExport(keep.worlds().export_tree(&id).await?)) })
    }

    /// `{ path, bytes }[]` as JSON.
    #[wasm_bindgen(js_name = worldFiles)]
    pub fn world_files(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(convert::ascii(&keep.worlds().files(&id).await?)) })
    }

    /// The bytes of a file beside a world, or `undefined`.
    #[wasm_bindgen(js_name = worldFile)]
    pub fn world_file(&self, id: String, path: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(optional_bytes(keep.worlds().file(&id, &path).await?)) })
    }

    /// The entry as JSON; without bytes the file goes.
    #[wasm_bindgen(js_name = putWorldFile)]
    pub fn put_world_file(
        &self,
        id: String,
        path: String,
        given: Option<Uint8Array>,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            let limit = Limits::default().file;
            let bytes = given.map(|given| convert::bytes(&given, limit, "file"));
            let bytes = bytes.transpose()?;
            let worlds = keep.worlds();
            let put = worlds.put_file(&id, &path, bytes.as_deref(), write).await?;
            Ok(put.to_string())
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = placeLocation)]
    pub fn place_location(
        &self,
        id: String,
        location: String,
        position: String,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            let worlds = keep.worlds();
            let placed = worlds.place(&id, &location, &position, write).await?;
            Ok(placed.to_string())
        })
    }

    /// `WorldContext` as JSON; the options are JSON.
    #[wasm_bindgen(js_name = worldContext)]
    pub fn world_context(&self, run: String, options: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let context = keep.worlds().context(&run, &parse(&options)?).await?;
            Ok(convert::ascii(&context))
        })
    }

    /// `Played` as JSON; the trigger is JSON.
    #[wasm_bindgen(js_name = triggerPlaythrough)]
    pub fn trigger_playthrough(&self, id: String, trigger: String, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (trigger, write): (Trigger, _) = (parse(&trigger)?, convert::write(&write)?);
            let played = keep.playthroughs().trigger(&id, &trigger, write).await?;
            Ok(convert::ascii(&played))
        })
    }

    /// The entry as JSON; the value is JSON.
    #[wasm_bindgen(js_name = setPlaythroughStat)]
    pub fn set_playthrough_stat(
        &self,
        id: String,
        stat: String,
        value: String,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            let playthroughs = keep.playthroughs();
            let set = playthroughs.set_stat(&id, &stat, &value, write).await?;
            Ok(set.to_string())
        })
    }

    /// `WorldState` as JSON.
    #[wasm_bindgen(js_name = playthroughState)]
    pub fn playthrough_state(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { keep.playthroughs().state(&id).await })
    }

    /// `Inhabitant[]` as JSON.
    pub fn inhabitants(&self, world: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(keep.worlds().inhabitants(&world).await?.to_string()) })
    }
}
