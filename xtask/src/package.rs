//! The npm package: module, bindings, TypeScript, manifest, texts.
//!
//! `pkg.json` is the manifest without what Cargo.toml says already; what is built
//! here is what is published and what the tests and the app use.

use crate::command::{cargo, run, script};
use crate::tools::{self, TARGET};
use anyhow::{Context, Result, bail};
use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Where it is put together. It becomes `pkg/` when it is whole, so that a build that
/// fails, or is under way, leaves the last one as it was.
const DRAFT: &str = "target/pkg";
const WASM: &str = "target/pkg/cardkeep_bg.wasm";

/// What the module may weigh over the wire: bytes, gzip. The aim is 350,000; the ceiling
/// comes down when the module does, and goes up only with a reason in the commit.
const CEILING: u32 = 1_526_000;

/// Remembers what `pkg/` was made of.
const PRINT: &str = "target/pkg.print";
const SCHEMAS: &str = "src/schema";
const TEXTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Types that only the compiler needs: nothing public names them.
const INTERNAL: [&str; 3] = ["cardkeep.d.ts", "cardkeep_bg.wasm.d.ts", "embedded.d.ts"];

/// Builds the package, and prints what it weighs.
pub fn build() -> Result<()> {
    tools::for_build()?;
    let metadata = tools::metadata()?;
    let Some(about) = metadata["packages"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == "cardkeep"))
    else {
        bail!("`cargo metadata` does not know cardkeep");
    };
    run(&mut cargo([
        "build",
        "--locked",
        "--release",
        "--lib",
        "--package",
        "cardkeep",
        "--target",
        TARGET,
    ]))?;
    let built = Path::new(
        metadata["target_directory"]
            .as_str()
            .context("there is no target directory")?,
    )
    .join(TARGET)
    .join("release/cardkeep.wasm");

    let print = fingerprint(&built)?;
    let known = fs::read_to_string(PRINT).unwrap_or_default();
    if known == print && Path::new("pkg/package.json").exists() {
        println!("pkg/ is up to date");
        link_into_tests()?;
        return sizes();
    }
    remove(DRAFT)?;
    fs::create_dir_all(DRAFT).context("target/pkg cannot be made")?;
    let built = built
        .to_str()
        .context("the target directory's name is no text")?;
    // The entries name the module's file: one of them has to do without.
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args([
        "wasm-bindgen",
        "--target",
        "web",
        "--omit-default-module-path",
        "--out-name",
        "cardkeep",
        "--out-dir",
        DRAFT,
        built,
    ])?;
    if is_as_published() {
        run(&mut script(
            "binaryen/bin/wasm-opt",
            ["-O3", WASM, "-o", WASM],
        ))?;
    }
    write_generated(
        about["version"]
            .as_str()
            .context("cardkeep has no version")?,
    )?;
    run(&mut script("typescript/bin/tsc", ["-p", "src/js"]))?;
    for file in INTERNAL {
        fs::remove_file(Path::new(DRAFT).join(file))
            .with_context(|| format!("{file} was not generated"))?;
    }
    remove_empty_modules()?;
    write_manifest(about)?;
    for file in TEXTS {
        fs::copy(file, Path::new(DRAFT).join(file))
            .with_context(|| format!("{file} cannot be copied"))?;
    }
    copy_schemas()?;
    remove("pkg")?;
    fs::rename(DRAFT, "pkg").context("pkg/ cannot be put in place")?;
    fs::write(PRINT, print).context("the package's fingerprint cannot be written")?;
    link_into_tests()?;
    sizes()
}

/// Whether the module is compiled as it is published. One of another profile, made for a quick
/// look, is neither optimised further nor weighed.
fn is_as_published() -> bool {
    let changed = |(name, _): (OsString, OsString)| {
        name.to_string_lossy().starts_with("CARGO_PROFILE_RELEASE_")
    };
    !env::vars_os().any(changed)
}

/// Prints what the package weighs.
///
/// # Errors
/// When the module is over the [`CEILING`].
fn sizes() -> Result<()> {
    if !is_as_published() {
        println!("pkg/ is not as it is published: the profile was changed");
        return Ok(());
    }
    let mut node = Command::new("node");
    let script = include_str!("sizes.mjs");
    run(node.args([
        "--input-type=module",
        "--eval",
        script,
        &CEILING.to_string(),
    ]))
    .context("what the package weighs is not as it should be")
}

/// All that the package is made of, as one number: the same one, the same package.
fn fingerprint(module: &Path) -> Result<String> {
    let mut files = vec![module.to_owned()];
    for folder in ["src/js", "src/js/types", SCHEMAS] {
        for entry in fs::read_dir(folder).with_context(|| format!("{folder} cannot be read"))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.extend(
        TEXTS
            .iter()
            .chain(&["pkg.json", "Cargo.toml", "package-lock.json"])
            .map(PathBuf::from),
    );
    files.sort();
    let mut hasher = DefaultHasher::new();
    include_str!("package.rs").hash(&mut hasher);
    for file in files {
        let bytes =
            fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        (file.file_name(), bytes).hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn remove(folder: &str) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{folder} cannot be removed"))
        }
        _ => Ok(()),
    }
}

/// Takes out what the compiler makes of files that hold types alone: their declarations stay.
fn remove_empty_modules() -> Result<()> {
    let folder = Path::new(DRAFT).join("types");
    for entry in fs::read_dir(&folder).context("the types were not generated")? {
        let file = entry?.path();
        if file.extension().is_some_and(|end| end == "js") {
            fs::remove_file(&file)
                .with_context(|| format!("{} cannot be removed", file.display()))?;
        }
    }
    Ok(())
}

/// The modules that src/js imports and that only a build can know.
fn write_generated(version: &str) -> Result<()> {
    let module = fs::read(WASM).context("the module cannot be read")?;
    let files = [
        (
            "build.js",
            format!("export const version = \"{version}\";\n"),
        ),
        (
            "build.d.ts",
            "/** The version of this package. */\nexport declare const version: string;\n"
                .to_owned(),
        ),
        (
            "embedded.js",
            format!("export default \"{}\";\n", base64(&module)),
        ),
        (
            "embedded.d.ts",
            "declare const module: string;\nexport default module;\n".to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(Path::new(DRAFT).join(name), text)
            .with_context(|| format!("{name} cannot be written"))?;
    }
    Ok(())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let filled = digit <= chunk.len();
            text.push(if filled {
                DIGITS[(bits >> (18 - 6 * digit) & 63) as usize].into()
            } else {
                '='
            });
        }
    }
    text
}

/// Puts what Cargo.toml says behind the name. As text, because order counts in
/// `exports`: the first condition that fits is taken.
fn write_manifest(about: &serde_json::Value) -> Result<()> {
    let manifest = fs::read_to_string("pkg.json").context("pkg.json cannot be read")?;
    let (name, rest) = manifest
        .split_once(",\n")
        .context("pkg.json does not begin with a name")?;
    let said: String = ["version", "description", "license"]
        .iter()
        .map(|field| format!("  \"{field}\": {},\n", about[field]))
        .collect();
    let text = format!("{name},\n{said}{rest}");
    fs::write(Path::new(DRAFT).join("package.json"), text).context("package.json cannot be written")
}

fn copy_schemas() -> Result<()> {
    let folder = Path::new(DRAFT).join("schema");
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(SCHEMAS)? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))
            .with_context(|| format!("{} cannot be copied", entry.path().display()))?;
    }
    Ok(())
}

/// Lets the tests import the package by its name.
fn link_into_tests() -> Result<()> {
    fs::create_dir_all("tests/node_modules")?;
    let link = Path::new("tests/node_modules/cardkeep");
    if link.exists() {
        return Ok(());
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("../../pkg", link)?;
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir("..\\..\\pkg", link)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads_what_is_left_over() {
        let texts = [
            b"".as_slice(),
            b"f",
            b"fo",
            b"foo",
            b"foob",
            b"\xff\xfe\xfd",
        ]
        .map(base64);
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "//79"]);
    }
}
