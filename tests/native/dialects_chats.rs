//! A chat file of every tool and every era, made here, one oddity a file: whose it is, who says
//! what in it, and what is told about it.

use crate::chats::{assert_tiled, messages, read};
use crate::json::Random;
use crate::oddities::mutate;
use crate::patience::PATIENCE;
use cardkeep::chat::{self, Dialect};
use cardkeep::error::Limits;
use serde_json::{Value, json};
use std::time::Instant;

struct Case {
    label: &'static str,
    bytes: Vec<u8>,
    tool: &'static str,
    era: &'static str,
    /// Each session's messages: `u`, `c` or `s` for who says it, a colon, name, a bar, the text.
    sessions: Vec<Vec<&'static str>>,
    /// Codes of faults and warnings, `converted` left out.
    codes: Vec<&'static str>,
}

fn case(
    label: &'static str,
    bytes: impl Into<Vec<u8>>,
    (tool, era): (&'static str, &'static str),
    sessions: &[&[&'static str]],
    codes: &[&'static str],
) -> Case {
    Case {
        label,
        bytes: bytes.into(),
        tool,
        era,
        sessions: sessions.iter().map(|session| session.to_vec()).collect(),
        codes: codes.to_vec(),
    }
}

fn text(value: Value) -> Vec<u8> {
    serde_json::to_vec(&value).expect("JSON")
}

/// A file as an editor saves it.
fn pretty(value: Value) -> Vec<u8> {
    serde_json::to_vec_pretty(&value).expect("JSON")
}

fn lines(lines: &[Value]) -> Vec<u8> {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    lines.join("\n").into_bytes()
}

fn said(name: &str, user: bool, date: impl Into<Value>, mes: &str) -> Value {
    json!({"name": name, "is_user": user, "send_date": date.into(), "mes": mes})
}

/// Logs of lines: they stay byte for byte.
fn logs() -> Vec<Case> {
    let names = json!({"user_name": "You", "character_name": "Zoë"});
    let with = |more: Value| {
        let mut header = names.clone();
        for (key, value) in more.as_object().expect("an object") {
            header[key] = value.clone();
        }
        header
    };
    let st = "sillytavern";
    vec![
        case(
            "2023-01",
            lines(&[
                with(json!({"create_date": 1674559896839u64})),
                said("Zoë", false, 1674559896840u64, "hi"),
            ]),
            ("tavernai", "2023-01"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "2023-03",
            lines(&[
                with(
                    json!({"create_date": 1674559896839u64, "notes": "", "notes_type": "discr", "mode": "story"}),
                ),
                said("Zoë", false, 1674559896840u64, "hi"),
            ]),
            ("tavernai", "2023-03"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "chid and no header",
            lines(&[
                json!({"name": "Zoë", "is_user": false, "chid": "2", "send_date": 1677680155094u64, "mes": "hi"}),
            ]),
            ("tavernai", "2023-03"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "a room",
            lines(&[
                json!({"user_name": "You", "character_names": ["Aqua", "Megumin"], "create_date": 1674559896839u64, "notes": "", "notes_type": "discr", "scenario": "s"}),
                said("Aqua", false, 1674559896840u64, "hi"),
                said("Megumin", false, 1674559896841u64, "ho"),
            ]),
            ("tavernai", "rooms"),
            &[&["c:Aqua|hi", "c:Megumin|ho"]],
            &[],
        ),
        case(
            "2023-04",
            lines(&[
                with(
                    json!({"create_date": "2023-4-21 @20h 02m 47s 124ms", "chat_metadata": {"note_prompt": "", "note_interval": 1}}),
                ),
                said("Zoë", false, "2023-4-21 @20h 02m 47s 124ms", "hi"),
            ]),
            (st, "2023-04"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "2023-06",
            lines(&[
                with(json!({"create_date": "2024-07-12@01h31m37s", "chat_metadata": {}})),
                said("You", true, "June 19, 2023 4:13pm", "hi"),
            ]),
            (st, "2023-06"),
            &[&["u:You|hi"]],
            &[],
        ),
        case(
            "2025",
            lines(&[
                json!({"chat_metadata": {"integrity": "1e6905db-bab6-4901-913b-06d18cab5a8f"}, "user_name": "unused", "character_name": "unused"}),
                said("Zoë", false, "2025-09-26T07:04:12.006Z", "hi"),
            ]),
            (st, "2025-09"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "ISO dates and no integrity",
            lines(&[
                with(json!({"chat_metadata": {}})),
                said("Zoë", false, "2025-09-26T07:04:12.006Z", "hi"),
            ]),
            (st, "2025-09"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "an old group, no header",
            lines(&[
                json!({"name": "Aqua", "is_user": false, "is_group": true, "original_avatar": "a.png", "send_date": 1, "mes": "hi"}),
                json!({"name": "Bea", "is_user": false, "force_avatar": "b.png", "mes": "ho"}),
            ]),
            (st, "group"),
            &[&["c:Aqua|hi", "c:Bea|ho"]],
            &[],
        ),
        case(
            "a new group, with header",
            lines(&[
                json!({"chat_metadata": {"integrity": "x"}, "user_name": "unused", "character_name": "unused"}),
                json!({"name": "Aqua", "is_user": false, "original_avatar": "a.png", "mes": "hi"}),
            ]),
            (st, "2025-09"),
            &[&["c:Aqua|hi"]],
            &[],
        ),
        case(
            "a hidden message",
            lines(&[
                names.clone(),
                json!({"name": "You", "is_user": true, "is_system": true, "mes": "hidden"}),
                said("Zoë", false, "x", "hi"),
            ]),
            (st, "any"),
            &[&["s:You|hidden", "c:Zoë|hi"]],
            &[],
        ),
        case(
            "a narrator",
            lines(&[
                names.clone(),
                json!({"name": "System", "is_user": false, "extra": {"type": "narrator"}, "mes": "Night falls."}),
            ]),
            (st, "any"),
            &[&["s:System|Night falls."]],
            &[],
        ),
        case(
            "attachments",
            lines(&[
                names.clone(),
                json!({"name": "You", "is_user": true, "mes": "look", "extra": {"image": "/a.png", "file": {"url": "/f.txt"}, "media": [{"url": "/b.png", "type": "image"}]}}),
            ]),
            (st, "any"),
            &[&["u:You|look"]],
            &[],
        ),
        case(
            "files of CardShark",
            lines(&[
                json!({"user_name": "User", "character_name": "Zoë", "character_id": "0a1b2c3d", "create_date": "2025-05-24T10:11:00.123456", "timestamp": 1748081460000u64, "version": "2.0", "chat_metadata": {"chat_id": "c", "tainted": false, "lastUser": null}}),
                said("Zoë", false, "May 24, 2025 10:11AM", "hi"),
            ]),
            ("cardshark", "files"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "an export of CardShark",
            lines(&[
                with(
                    json!({"create_date": "2025-12-31@15h12m05s", "chat_metadata": {"chat_id_hash": 1}}),
                ),
                said("Zoë", false, "December 31, 2025 3:12PM", "hi"),
            ]),
            ("cardshark", "export"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "several sessions, blank lines between",
            [
                lines(&[
                    names.clone(),
                    said("Zoë", false, "december 31, 2025 3:12pm", "one"),
                ]),
                b"\n\n".to_vec(),
                lines(&[
                    names.clone(),
                    said("You", true, "December 31, 2025 3:13PM", "two"),
                ]),
                b"\n".to_vec(),
            ]
            .concat(),
            ("cardshark", "export"),
            &[&["c:Zoë|one"], &["u:You|two"]],
            &[],
        ),
        case(
            "a world",
            lines(&[
                json!({"metadata": {"version": "1.0", "location_id": "forest_clearing", "world_name": "Fantasy World"}, "timestamp": 1234567890}),
                json!({"id": "msg_1", "role": "user", "content": "Look around", "timestamp": 1234567891}),
                json!({"id": "msg_2", "role": "assistant", "content": "Trees.", "timestamp": 1234567892}),
            ]),
            ("world", "1.0"),
            &[&["u:|Look around", "c:|Trees."]],
            &[],
        ),
        case(
            "lines of roles",
            lines(&[
                json!({"role": "system", "content": "Be kind."}),
                json!({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "b"}]}),
            ]),
            ("plain", "roles"),
            &[&["s:|Be kind.", "u:|a\nb"]],
            &[],
        ),
        case(
            "Chub",
            lines(&[
                names.clone(),
                json!({"name": "Zoë", "is_user": false, "mes": {"message": "hi"}, "swipes": [{"message": "hi"}, {"message": "ho"}], "swipe_id": 0}),
            ]),
            ("chub", "any"),
            &[&["c:Zoë|hi"]],
            &[],
        ),
        case(
            "a bad line in the middle",
            [
                lines(&[names.clone(), said("Zoë", false, "x", "one")]),
                b"\n{\"mes\": oops\n".to_vec(),
                lines(&[said("You", true, "x", "two")]),
            ]
            .concat(),
            (st, "any"),
            &[&["c:Zoë|one", "u:You|two"]],
            &["bad-json"],
        ),
    ]
}

/// Documents of other tools: they are made lines.
fn documents() -> Vec<Case> {
    let risu = |name: &str, more: Value| {
        let mut chat = json!({"message": [{"role": "user", "data": "yo", "time": 1700000000000u64}, {"role": "char", "data": "hi", "saying": "id", "chatId": "x"}], "note": "", "name": name, "localLore": []});
        for (key, value) in more.as_object().expect("an object") {
            chat[key] = value.clone();
        }
        chat
    };
    let webui = "text-generation-webui";
    let turn = |id: &str, parent: Value, role: &str, content: &str| json!({"id": id, "convId": "c", "type": "text", "role": role, "content": content, "parent": parent, "timestamp": 1700000000000u64, "children": []});
    let root = json!({"id": "r", "type": "root", "role": "system", "content": "", "parent": null});
    let conv = json!({"id": "c", "name": "Plans", "lastModified": 1, "currNode": "b"});
    let html = |chat: Value| {
        let chat = chat.to_string().replace('<', "&lt;").replace('>', "&gt;");
        format!(
            "<!DOCTYPE html>\n<html><body><div class=\"chat\">class=\"idat\"</div><div class=\"idat\">{chat}</div></body></html>"
        )
    };
    vec![
        case("texts, nobody named in one", text(json!(["Zoë: hi\n", "and more\n", 3, "You: ho: ho\n"])), ("tavernai", "2022-12"), &[&["c:Zoë|hi", "c:Zoë|and more", "u:You|ho: ho"]], &["not-a-message", "not-a-message"]),
        case("Kobold Lite, instruct with ends", text(json!({"prompt": "Once.", "actions": ["{{[INPUT]}}go{{[INPUT_END]}}{{[OUTPUT]}}gone{{[OUTPUT_END]}}{{[SYSTEM]}}rain", "{{[WHAT]}}"], "savedsettings": {"chatname": "Kim", "chatopponent": "Bo", "opmode": 4}})), ("kobold-lite", "saved"), &[&["c:Bo|Once.", "u:Kim|go", "c:Bo|gone", "s:System|rain{{[WHAT]}}"]], &[]),
        case("Kobold Lite, chat", text(json!({"prompt": "Intro.", "actions": ["\nKim: hi", "\nBo: hello\nsecond line", "\nKim: bye"], "savedsettings": {"chatname": "Kim", "chatopponent": "Bo||$||Al", "opmode": 3}})), ("kobold-lite", "saved"), &[&["c:Bo|Intro.", "u:Kim|hi", "c:Bo|hello\nsecond line", "u:Kim|bye"]], &[]),
        case("Kobold Lite, adventure", text(json!({"gamestarted": true, "prompt": "A cave.", "actions": ["\n> look", "Dark.", null], "memory": "m"})), ("kobold-lite", "story"), &[&["c:|A cave.", "u:User|look", "c:|Dark."]], &["not-a-message"]),
        case("Kobold Lite, several speak", text(json!({"prompt": "", "actions": ["{{[INPUT]}}hi{{[OUTPUT]}}Al: me", "{{[INPUT]}}so{{[OUTPUT]}}Nobody: me"], "savedsettings": {"chatname": "Kim", "chatopponent": "Bo||$||Al"}})), ("kobold-lite", "saved"), &[&["u:Kim|hi", "c:Al|me", "u:Kim|so", "c:Bo|Nobody: me"]], &[]),
        case("CAI Tools", pretty(json!({"info": {"name": "Zoë"}, "histories": {"histories": [{"external_id": "a", "msgs": [{"src": {"is_human": false, "name": "Zoë"}, "text": "hi", "created": "2023-06-19T16:13:44Z"}, {"src": {"is_human": true, "name": "Kim"}, "text": "ho"}]}, {"msgs": [{"src": {"is_human": false}, "text": "again"}]}]}})), ("cai-tools", "nested"), &[&["c:Zoë|hi", "u:Kim|ho"], &["c:Zoë|again"]], &[]),
        case("CAI Tools, flat and a hole", text(json!({"histories": [{"msgs": [{"src": {"is_human": true}, "text": "ho"}, {"src": {}, "text": null}]}]})), ("cai-tools", "flat"), &[&["u:You|ho"]], &["not-a-message"]),
        case("CAI Tools, no chat", text(json!({"histories": {"histories": []}})), ("cai-tools", "nested"), &[&[]], &[]),
        case("webui, first form", text(json!({"data": [["", "Greetings"], ["hi &amp;", "hello"]], "data_visible": [["", "Greetings"], ["hi &", "hello"]]})), (webui, "2023-02"), &[&["c:|Greetings", "u:You|hi &", "c:|hello"]], &[]),
        case("webui, no metadata", text(json!({"internal": [["a", "b"]], "visible": [["a", "b"]]})), (webui, "2023"), &[&["u:You|a", "c:|b"]], &[]),
        case("webui, escaped for a page", text(json!({"internal": [["<|BEGIN-VISIBLE-CHAT|>", "I'm \"Zoë\""], ["a & b", "<i>"], ["kept", "as it is"]], "visible": [["", "I&#x27;m &quot;Zoë&quot;"], ["a &amp; b", "&lt;i&gt;"], ["&lt;b&gt;kept", "&amp;"]], "metadata": {"assistant_1": {"versions": [{"text": "'", "visible_text": "&#x27;"}, {"text": "<i>", "visible_text": "&lt;i&gt;"}], "current_version_index": 1}}})), (webui, "2024"), &[&["c:|I'm \"Zoë\"", "u:You|a & b", "c:|<i>", "u:You|&lt;b&gt;kept", "c:|&amp;"]], &[]),
        case("webui, versions", text(json!({"internal": [["a", "b2"]], "visible": [["a", "b2"]], "metadata": {"user_0": {"timestamp": "Jun 19, 2024 16:13", "attachments": [{"name": "f"}]}, "assistant_0": {"timestamp": "Jun 19, 2024 16:14", "versions": [{"text": "b1", "visible_text": "b1"}, {"text": "b2", "visible_text": "b2"}], "current_version_index": 1}}})), (webui, "2024"), &[&["u:You|a", "c:|b2"]], &[]),
        case("webui, shown and seen differ in number", text(json!({"internal": [["a", "b"], ["c", "d"]], "visible": [["a", "b"]]})), (webui, "2023"), &[&["u:You|a", "c:|b", "u:You|c", "c:|d"]], &["count-differs"]),
        case("webui, no pair", text(json!({"internal": [], "visible": [["a", "b", "c"], "x", [null, 3]]})), (webui, "2023"), &[&["u:You|a", "c:|b"]], &["not-a-message", "not-a-message", "not-a-message"]),
        case("Agnai", text(json!({"name": "Talk", "greeting": "", "messages": [{"_id": "1", "handle": "Zoë", "characterId": "z", "msg": "hi", "createdAt": "2023-06-19T16:13:44.000Z"}, {"_id": "2", "handle": "Kim", "userId": "k", "msg": "ho"}, {"_id": "3", "characterId": "z", "msg": "three", "retries": ["two"]}, {"_id": "4", "system": true, "msg": "note", "handle": "S"}, {"state": 1}]})), ("agnai", "export"), &[&["c:Zoë|hi", "u:Kim|ho", "c:Zoë|three", "s:S|note"]], &["not-a-message"]),
        case("Agnai, a tree", text(json!({"name": "Talk", "treeLeafId": "3", "messages": [{"_id": "1", "characterId": "z", "msg": "hi"}, {"_id": "2", "parent": "1", "userId": "k", "msg": "left"}, {"_id": "3", "parent": "1", "userId": "k", "msg": "right"}]})), ("agnai", "export"), &[&["c:|hi", "u:You|right"]], &[]),
        case("RisuAI 1", text(json!({"type": "risuChat", "ver": 1, "data": risu("One", json!({}))})), ("risu", "chat-1"), &[&["u:User|yo", "c:|hi"]], &[]),
        case("RisuAI 2", pretty(json!({"type": "risuChat", "ver": 2, "data": risu("One", json!({"folderId": "f"})), "folders": [{"id": "f", "name": "F"}]})), ("risu", "chat-2"), &[&["u:User|yo", "c:|hi"]], &[]),
        case("RisuAI, all of a character 1", text(json!({"type": "risuAllChats", "ver": 1, "data": [risu("A", json!({})), risu("B", json!({"message": []})), 3]})), ("risu", "all-1"), &[&["u:User|yo", "c:|hi"], &[]], &["not-a-message"]),
        case("RisuAI, a comment and a disabled message", text(json!({"type": "risuChat", "ver": 2, "data": {"message": [{"role": "user", "data": "c", "isComment": true}, {"role": "char", "data": "d", "disabled": true, "name": "Bo"}, {"role": "char", "data": 7}], "name": ""}})), ("risu", "chat-2"), &[&["s:User|c", "s:Bo|d", "c:Bo|7"]], &[]),
        case("RisuAI, messages without words", text(json!({"type": "risuChat", "ver": 2, "data": {"message": [{"role": "user", "data": "c"}, {"role": "char", "chatId": "x"}, {"role": "char", "data": {"a": 1}}, {"role": "user", "data": null}, null], "name": ""}})), ("risu", "chat-2"), &[&["u:User|c", "c:|", "c:|", "u:User|"]], &["no-text", "no-text", "no-text", "not-a-message"]),
        case("RisuAI, nothing around it", text(risu("One", json!({}))), ("risu", "bare"), &[&["u:User|yo", "c:|hi"]], &[]),
        case("RisuAI, a page", html(risu("One", json!({"note": "a < b"}))), ("risu", "bare"), &[&["u:User|yo", "c:|hi"]], &[]),
        case("RisuAI, a page with a comma too many", html(risu("One", json!({}))).replacen("}</div>", ",}</div>", 1), ("risu", "bare"), &[&["u:User|yo", "c:|hi"]], &["trailing-comma"]),
        case("llama.cpp", text(json!({"conv": conv, "messages": [root, turn("a", json!("r"), "user", "hi"), turn("b", json!("a"), "assistant", "ho")]})), ("llama-cpp", "json"), &[&["u:User|hi", "c:Assistant|ho"]], &[]),
        case("llama.cpp, a tree", text(json!([{"conv": conv, "messages": [root, turn("a", json!("r"), "user", "hi"), turn("x", json!("a"), "assistant", "first"), turn("b", json!("a"), "assistant", "second"), turn("y", json!("x"), "user", "off")]}, {"conv": {"id": "d", "name": "Two", "currNode": ""}, "messages": [turn("q", json!(null), "user", "alone")]}, {"conv": 3}])), ("llama-cpp", "json"), &[&["u:User|hi", "c:Assistant|second"], &["c:Assistant|first", "u:User|off"], &["u:User|alone"]], &["branches", "not-a-message"]),
        case("llama.cpp, parents in a circle", text(json!({"conv": {"currNode": "b"}, "messages": [turn("a", json!("b"), "user", "hi"), turn("b", json!("a"), "assistant", "ho")]})), ("llama-cpp", "json"), &[&["u:User|hi", "c:Assistant|ho"]], &[]),
        case("llama.cpp, lines", [lines(&[json!({"harness": "llama.cpp", "type": "session", "id": "c", "name": "Plans", "currNode": "b"}), json!({"type": "message", "message": turn("a", json!(null), "user", "hi")})]), b"\n{oops\n".to_vec(), lines(&[json!({"type": "message", "message": turn("b", json!("a"), "assistant", "ho")}), json!({"type": "what"}), json!({"type": "session", "id": "d"}), json!({"type": "message", "message": turn("q", json!(null), "user", "two")})])].concat(), ("llama-cpp", "lines"), &[&["u:User|hi", "c:Assistant|ho"], &["u:User|two"]], &["bad-json", "not-a-message"]),
        case("llama.cpp, lines without anything around a message", lines(&[json!({"type": "session", "id": "c"}), turn("a", json!(null), "user", "hi"), json!({"type": "message", "message": {"role": "assistant", "content": [{"type": "text", "text": "ho"}, {"type": "text", "text": "hum"}]}})]), ("llama-cpp", "lines"), &[&["u:User|hi", "c:Assistant|ho\nhum"]], &[]),
        case("texts, a narrator first", text(json!(["Once upon a time\n", "Zoë: hi\n"])), ("tavernai", "2022-12"), &[&["c:Zoë|Once upon a time", "c:Zoë|hi"]], &["not-a-message"]),
        case("messages of a service", pretty(json!({"title": "T", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "assistant", "content": "b", "reasoning_content": "r"}, {"role": "assistant"}, null]})), ("plain", "messages"), &[&["s:System|s", "u:You|a", "c:|b"]], &["not-a-message", "not-a-message"]),
        case("ShareGPT", text(json!({"id": "1", "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]})), ("plain", "sharegpt"), &[&["u:You|a", "c:|b"]], &[]),
        case("pairs", text(json!([["a", "b"], ["c: d", null]])), ("plain", "pairs"), &[&["u:You|a", "c:|b", "u:You|c: d"]], &[]),
        case("items with a sender", text(json!([{"sender": "Kim", "body": "a", "isUser": true}, {"sender": "Bo", "body": "b"}])), ("plain", "messages"), &[&["u:Kim|a", "c:Bo|b"]], &[]),
        case("CardShark's database", text(json!({"session": {"chat_session_uuid": "s", "title": "T", "message_count": 3, "character_name": "Zoë"}, "messages": [{"message_id": "2", "role": "assistant", "content": "<b>hi</b>", "sequence_number": 2, "timestamp": "2025-05-24 10:11:00", "metadata_json": "{\"variations\":[\"ha\",\"<b>hi</b>\"],\"active_variation_index\":1}"}, {"message_id": "1", "role": "user", "content": "yo", "sequence_number": 1}, {"message_id": "3", "role": "thinking", "content": "hm", "sequence_number": 3}]})), ("cardshark", "database"), &[&["u:You|yo", "c:Zoë|<b>hi</b>", "s:System|hm"]], &["reordered"]),
        case("CardShark's database, an array", text(json!([{"message_id": "2", "role": "assistant", "content": "hi", "sequence_number": 2, "metadata_json": {"variations": ["ha", "hi"], "active_variation_index": 1}}, {"message_id": "1", "role": "user", "content": "yo", "sequence_number": 1}])), ("cardshark", "database"), &[&["u:You|yo", "c:|hi"]], &["reordered"]),
        case("CardShark's view, an array", text(json!([{"id": "1", "role": "assistant", "content": "b", "variations": ["a", "b"], "currentVariation": 1}])), ("cardshark", "view"), &[&["c:|b"]], &[]),
        case("CardShark's view", text(json!({"messages": [{"id": "1", "role": "assistant", "content": "b", "timestamp": 1748081460000u64, "variations": ["a", "b"], "currentVariation": 9, "status": "complete"}]})), ("cardshark", "view"), &[&["c:|b"]], &[]),
        case("texts that end as Windows has it", text(json!(["Zoë: hi\r\n", "You: ho\r\n"])), ("tavernai", "2022-12"), &[&["c:Zoë|hi", "u:You|ho"]], &[]),
        case("Kobold Lite, the user's name before what is said", text(json!({"actions": ["\n{{[INPUT]}}\nKim: hi\n{{[OUTPUT]}}\nBo: ho"], "savedsettings": {"chatname": "Kim", "chatopponent": "Bo"}})), ("kobold-lite", "saved"), &[&["u:Kim|hi", "c:Bo|ho"]], &[]),
        case("Kobold Lite, actions that are no list", text(json!({"prompt": "Once.", "actions": {"0": "a"}, "savedsettings": {}})), ("kobold-lite", "saved"), &[&["c:|Once."]], &["not-a-message"]),
        case("CAI Tools, a hole among the chats", text(json!({"histories": {"histories": [null, {"msgs": {"0": "a"}}, {"msgs": [{"src": {"is_human": true}, "text": "ho"}]}]}})), ("cai-tools", "nested"), &[&[], &["u:You|ho"]], &["not-a-message", "not-a-message"]),
        case("webui, only what is shown", text(json!({"visible": [["a", "b"]]})), (webui, "2023"), &[&["u:You|a", "c:|b"]], &[]),
        case("webui, only what was seen", text(json!({"visible": null, "internal": [["<|BEGIN-VISIBLE-CHAT|>", "b"]]})), (webui, "2023"), &[&["c:|b"]], &["count-differs"]),
        case("Agnai, nobody has talked", text(json!({"name": "Talk", "greeting": "", "sampleChat": "", "messages": []})), ("agnai", "export"), &[&[]], &[]),
        case("RisuAI, messages that are no list", text(json!({"type": "risuChat", "ver": 1, "data": {"message": {"0": {"role": "user", "data": "a"}}, "name": ""}})), ("risu", "chat-1"), &[&[]], &["not-a-message"]),
        case("llama.cpp, lines, nobody has talked", lines(&[json!({"type": "session", "id": "c", "name": "Plans"})]), ("llama-cpp", "lines"), &[&[]], &[]),
        case("CardShark's database, the rows of two chats", text(json!({"chat_sessions": [{"chat_session_uuid": "b", "title": "Two", "message_count": 1}, {"chat_session_uuid": "a", "title": "One"}], "chat_messages": [{"message_id": "2", "chat_session_uuid": "a", "role": "assistant", "content": "ho", "sequence_number": "2"}, {"message_id": "3", "chat_session_uuid": "b", "role": "user", "content": "so", "sequence_number": "1"}, {"message_id": "1", "chat_session_uuid": "a", "role": "user", "content": "hi", "sequence_number": "1"}]})), ("cardshark", "database"), &[&["u:You|hi", "c:|ho"], &["u:You|so"]], &["reordered"]),
        case("CardShark's database, chats that list their messages", text(json!([{"chat_session_uuid": "a", "character_name": "Zoë", "messages": [{"message_id": "1", "role": "assistant", "content": "hi"}]}, 3, {"chat_session_uuid": "b", "user_name": "Kim", "messages": [{"message_id": "1", "role": "user", "content": "ho"}]}])), ("cardshark", "database"), &[&["c:Zoë|hi"], &["u:Kim|ho"]], &["not-a-message"]),
        case("CardShark's view, alternatives behind the first", text(json!([{"id": "1", "role": "user", "content": "a", "status": "complete"}, {"id": "2", "role": "assistant", "content": "b", "variations": ["b", "c"], "currentVariation": 0, "metadata": {"speakerName": "Bo"}}])), ("cardshark", "view"), &[&["u:You|a", "c:Bo|b"]], &[]),
        case("a header that lists its messages", text(json!({"user_name": "Kim", "character_name": "Zoë", "messages": [{"name": "Zoë", "is_user": false, "mes": "hi"}]})), ("plain", "messages"), &[&["c:Zoë|hi"]], &[]),
    ]
}

#[test]
fn every_file_says_whose_it_is_and_who_says_what() {
    for case in logs().into_iter().chain(documents()) {
        let Case { label, .. } = case;
        let file = read(&case.bytes);
        assert_eq!(
            (file.source.tool, file.source.era),
            (case.tool, case.era),
            "{label}"
        );
        assert!(!file.source.because.is_empty());
        let found: Vec<Vec<String>> = (0..file.sessions.len())
            .map(|session| messages(&file, session).iter().map(short).collect())
            .collect();
        assert_eq!(found, case.sessions, "{label}");
        let faults = file.faults.iter().map(|fault| fault.code);
        let warnings = file.warnings.iter().map(|warning| warning.code);
        let codes: Vec<_> = faults
            .chain(warnings)
            .filter(|code| *code != "converted")
            .collect();
        assert_eq!(codes, case.codes, "{label}");
    }
}

fn short(message: &Value) -> String {
    let text = |key: &str| message[key].as_str().expect("a text").to_owned();
    format!("{}:{}|{}", &text("role")[..1], text("name"), text("text"))
}

#[test]
fn a_document_that_ends_too_soon_gives_what_is_whole_in_it() {
    let mut cut = 0;
    // Who speaks is said at a story's end, and a page's escapes are told by what stands there.
    let told_behind = |label: &str| {
        ["Kobold Lite", "webui, first", "webui, escaped"]
            .iter()
            .any(|start| label.starts_with(start))
    };
    for case in documents()
        .into_iter()
        .filter(|case| !told_behind(case.label))
    {
        let whole = read(&case.bytes);
        let all: Vec<_> = (0..whole.sessions.len())
            .flat_map(|session| messages(&whole, session))
            .flat_map(|message| {
                let swipes = message["swipes"].as_array().cloned().unwrap_or_default();
                swipes.into_iter().chain([message["text"].clone()])
            })
            .collect();
        for end in (0..case.bytes.len()).step_by(3) {
            let Ok(file) = chat::read(&case.bytes[..end], &Limits::default()) else {
                continue;
            };
            if file
                .faults
                .last()
                .is_none_or(|fault| fault.code != "cut-short")
            {
                continue;
            }
            cut += 1;
            for session in 0..file.sessions.len() {
                for message in messages(&file, session) {
                    let text = message["text"].as_str().expect("a text");
                    let of = |one: &Value| one.as_str().is_some_and(|one| one.contains(text));
                    assert!(all.iter().any(of), "{}, {end}: {text}", case.label);
                }
            }
        }
    }
    assert!(cut > 1000, "{cut}");
    let of = |text: &[u8]| {
        let file = read(text);
        assert_eq!(
            file.faults.last().map(|fault| fault.code),
            Some("cut-short")
        );
        let found: Vec<_> = messages(&file, 0).iter().map(short).collect();
        found.join(", ")
    };
    let risu = br#"{"type":"risuChat","ver":1,"data":{"message":[{"role":"user","data":"a"},{"role":"char","data":"b"},{"role":"user","da"#;
    assert_eq!(of(risu), "u:User|a, c:|b");
    let texts = r#"["Zoë: hi\n", "You: ho\n", "Zoë: h"#.as_bytes();
    assert_eq!(of(texts), "c:Zoë|hi, u:You|ho");
    let array = b"[\n {\"user_name\":\"You\"},\n {\"name\":\"A\",\"is_user\":false,\"mes\":\"a\"},\n {\"name\":\"A\",\"mes";
    assert_eq!(of(array), "c:A|a");
    let pairs = br#"{"internal":[["a","b"],["c","d"]],"visible":[["a","b"],["c"#;
    assert_eq!(of(pairs), "u:You|a, c:|b, u:You|c, c:|d");
}

#[test]
fn a_log_of_lines_of_any_tool_stays_byte_for_byte() {
    for case in logs() {
        let file = read(&case.bytes);
        assert!(!file.converted);
        assert_eq!(file.bytes.as_ref(), case.bytes, "{}", case.label);
        assert_tiled(&case.bytes, &file);
    }
}

#[test]
fn a_document_becomes_a_log_that_reads_as_the_same_chats() {
    for case in documents() {
        let file = read(&case.bytes);
        assert!(file.converted && file.dialect == Dialect::SillyTavern);
        assert_tiled(&file.bytes, &file);
        let again = read(&file.bytes);
        assert!(
            !again.converted && again.faults.is_empty(),
            "{}",
            case.label
        );
        for session in 0..file.sessions.len() {
            assert_eq!(
                messages(&again, session),
                messages(&file, session),
                "{}",
                case.label
            );
        }
    }
}

#[test]
fn what_a_tool_says_beside_the_text_is_in_the_line() {
    let found = |label: &str| {
        let all = documents();
        let case = all.iter().find(|case| case.label == label).expect("a case");
        let file = read(&case.bytes);
        let header = file.sessions[0].header.clone().expect("a header");
        let header = chat::header_json(&file.bytes[header], &Limits::default()).expect("a header");
        let header: Value = serde_json::from_str(&header).expect("JSON");
        (header["chat_metadata"].clone(), messages(&file, 0))
    };
    let (about, said) = found("RisuAI 2");
    assert_eq!(
        (about["title"].as_str(), &about["risu"]["folder"]["name"]),
        (Some("One"), &json!("F"))
    );
    assert_eq!(said[0]["at"], 1700000000000u64);
    assert_eq!(said[1]["fields"]["extra"]["risu"]["saying"], "id");
    let (_, said) = found("RisuAI, messages without words");
    assert_eq!(said[1]["fields"]["extra"]["risu"]["chatId"], "x");
    assert_eq!(
        said[2]["fields"]["extra"]["risu"]["data"],
        json!({ "a": 1 })
    );
    let (_, said) = found("webui, versions");
    assert_eq!(
        (&said[1]["swipes"], &said[1]["swipe"]),
        (&json!(["b1", "b2"]), &json!(1))
    );
    assert_eq!(said[0]["at"], 1718813580000u64);
    assert_eq!(
        said[0]["fields"]["extra"]["text-generation-webui"]["attachments"][0]["name"],
        "f"
    );
    let (_, said) = found("webui, escaped for a page");
    assert_eq!(
        said[1]["fields"]["extra"]["text-generation-webui"]["visible"],
        "a &amp; b"
    );
    assert_eq!(said[2]["swipes"], json!(["'", "<i>"]));
    let (_, said) = found("CardShark's database, an array");
    assert_eq!(
        (&said[1]["swipes"], &said[1]["swipe"]),
        (&json!(["ha", "hi"]), &json!(1))
    );
    let (_, said) = found("webui, first form");
    assert_eq!(
        said[1]["fields"]["extra"]["text-generation-webui"]["internal"],
        "hi &amp;"
    );
    let (_, said) = found("Agnai");
    assert_eq!(
        (&said[2]["swipes"], &said[2]["swipe"]),
        (&json!(["three", "two"]), &json!(0))
    );
    let (_, said) = found("Agnai, a tree");
    assert_eq!(
        (&said[1]["swipes"], &said[1]["swipe"]),
        (&json!(["left", "right"]), &json!(1))
    );
    let (about, said) = found("CardShark's database");
    assert_eq!(
        (&about["message_count"], &about["title"]),
        (&json!(3), &json!("T"))
    );
    assert_eq!(
        (&said[1]["swipes"], &said[1]["swipe"]),
        (&json!(["ha", "<b>hi</b>"]), &json!(1))
    );
    assert_eq!(said[1]["at"], 1748081460000u64);
    let (_, said) = found("CardShark's view");
    assert_eq!(said[0]["swipe"], 1);
    let (about, _) = found("Kobold Lite, adventure");
    assert_eq!(about["kobold-lite"]["memory"], "m");
    let (about, _) = found("Kobold Lite, chat");
    assert!(about["kobold-lite"].get("savedsettings").is_none());
    let (_, said) = found("messages of a service");
    assert_eq!(said[2]["fields"]["extra"]["reasoning"], "r");
}

#[test]
fn what_does_not_fit_a_line_is_left_out_and_told() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let text = format!(
        r#"{{"type":"risuChat","ver":2,"data":{{"name":"n","note":{},"message":[{{"role":"user","data":"a","deep":{}}}]}}}}"#,
        nested(90),
        nested(90)
    );
    let limits = Limits {
        depth: 200,
        ..Limits::default()
    };
    let file = chat::read(text.as_bytes(), &limits).expect("a chat");
    let codes: Vec<_> = file
        .warnings
        .iter()
        .map(|warning| (warning.code, warning.path.as_str()))
        .collect();
    assert_eq!(
        codes,
        [
            ("converted", ""),
            ("left-out", "chat 1"),
            ("left-out", "data.message.0")
        ]
    );
    assert_eq!(short(&messages(&file, 0)[0]), "u:User|a");
}

#[test]
fn no_mutation_of_any_tools_file_panics_hangs_or_hides_a_line() {
    let mut random = Random(0xd1a1_ec75);
    for case in documents().into_iter().chain(logs()) {
        for _ in 0..40 {
            let mut bytes = case.bytes.clone();
            mutate(&mut bytes, &mut random);
            let start = Instant::now();
            if let Ok(file) = chat::read(&bytes, &Limits::default()) {
                assert_tiled(&file.bytes, &file);
                assert!(!file.sessions.is_empty());
            }
            assert!(start.elapsed() < PATIENCE, "{}", case.label);
        }
    }
}

/// Looking things up for every message must not mean walking through all of them.
#[test]
fn large_documents_take_time_in_proportion() {
    let many = 10_000;
    let pairs: Vec<_> = (0..many)
        .map(|n| json!([format!("q{n}"), format!("a{n}")]))
        .collect();
    let metadata: serde_json::Map<_, _> = (0..many)
        .map(|n| {
            (
                format!("assistant_{n}"),
                json!({"timestamp": "Jun 19, 2024 16:13"}),
            )
        })
        .collect();
    let chain: Vec<_> = (0..many)
        .map(|n| json!({"id": n, "parent": n - 1, "role": "user", "content": "x"}))
        .collect();
    let chats: Vec<_> = (0..many)
        .map(|n| json!({"name": "n", "folderId": n.to_string(), "message": [{"role": "user", "data": "x"}]}))
        .collect();
    let folders: Vec<_> = (0..many).map(|n| json!({"id": n.to_string()})).collect();
    let names: Vec<_> = (0..many).map(|n| format!("N{n}")).collect();
    let actions: Vec<_> = (0..many)
        .map(|n| format!("{{{{[OUTPUT]}}}}N{n}: {{{{[hi"))
        .collect();
    for (document, count) in [
        (
            json!({"visible": pairs, "internal": pairs, "metadata": metadata}),
            2 * many,
        ),
        (
            json!({"conv": {"currNode": many - 1}, "messages": chain}),
            many,
        ),
        (
            json!({"type": "risuAllChats", "ver": 2, "data": chats, "folders": folders}),
            many,
        ),
        (
            json!({"prompt": "", "actions": actions, "savedsettings": {"chatopponent": names.join("||$||")}}),
            many,
        ),
    ] {
        let bytes = text(document);
        let start = Instant::now();
        let file = read(&bytes);
        let found: usize = file
            .sessions
            .iter()
            .map(|session| session.lines.len())
            .sum();
        assert_eq!(found, count as usize);
        assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    }
}

#[test]
fn no_chat_is_taken_for_a_card_or_a_world() {
    for case in documents() {
        let limits = Limits::default();
        assert!(
            cardkeep::card::read(&case.bytes, &limits).is_err(),
            "{}",
            case.label
        );
        assert!(
            cardkeep::world::read(&case.bytes, &limits).is_err(),
            "{}",
            case.label
        );
    }
}

#[test]
fn alternatives_that_were_put_right_say_so() {
    let codes = |line: &str| -> Vec<String> {
        let file = read(line.as_bytes());
        let message = messages(&file, 0).remove(0);
        let warnings = message["warnings"].as_array().cloned().unwrap_or_default();
        let code = |warning: &Value| warning["code"].as_str().expect("a code").to_owned();
        warnings.iter().map(code).collect()
    };
    assert_eq!(
        codes(r#"{"mes":"a","swipes":["a","b"],"swipe_id":0}"#),
        [""; 0]
    );
    assert_eq!(
        codes(r#"{"mes":"a","swipes":["a",null],"swipe_id":0}"#),
        ["swipe-hole"]
    );
    assert_eq!(
        codes(r#"{"mes":"a","swipes":["a","b"],"swipe_id":7}"#),
        ["swipe-out-of-range"]
    );
    assert_eq!(
        codes(r#"{"mes":"a","swipes":[null],"swipe_id":-1}"#),
        ["swipe-hole", "swipe-out-of-range"]
    );
    assert_eq!(codes(r#"{"mes":"a","swipes":[],"swipe_id":3}"#), [""; 0]);
}
