//! Pictures: a portrait for cards that have none, and small ones for lists.

use crate::container::{jpeg, webp};
use crate::error::{Error, Kind, Limits, Result};
use png::{BitDepth, ColorType, DecodingError, Transformations};
use std::io::Cursor;
use std::ops::Range;

/// The size of a portrait in pixels, as SillyTavern has it.
const PORTRAIT: (u32, u32) = (400, 600);

/// The box a thumbnail fits in, in pixels.
const THUMBNAIL: (u32, u32) = (192, 288);

/// What a decoder may allocate beside the rows: interlaced images need the whole frame.
const MOST_DECODER_BYTES: usize = 512 << 20;

/// A plain portrait, always the same for the same name.
pub(crate) fn portrait(name: &str) -> Result<Vec<u8>> {
    let (width, height) = PORTRAIT;
    let seed = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let hue = (seed >> 8) % 360;
    let top = color(hue, 90, 165);
    let bottom = color((hue + 40) % 360, 70, 80);
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        // Rows of one color: a gradient that costs a few hundred bytes.
        let mix = |from: u8, to: u8| {
            ((u32::from(from) * (height - y) + u32::from(to) * y) / height) as u8
        };
        let row = [
            mix(top[0], bottom[0]),
            mix(top[1], bottom[1]),
            mix(top[2], bottom[2]),
        ];
        for _ in 0..width {
            pixels.extend_from_slice(&row);
        }
    }
    encode(width, height, ColorType::Rgb, &pixels)
}

/// A color of the wheel: `hue` in degrees, how far it is from gray, and its brightness.
fn color(hue: u32, strength: u32, brightness: u32) -> [u8; 3] {
    [0, 240, 120].map(|turn| {
        let at = (hue + turn) % 360;
        let share = match at {
            0..60 | 300..360 => 60,
            60..120 => 120 - at,
            120..240 => 0,
            _ => at - 240,
        };
        (brightness + strength * share / 60)
            .saturating_sub(strength / 2)
            .min(255) as u8
    })
}

/// The media type of a picture that a browser can make a smaller one of and this crate cannot:
/// one that says how large it is, within `limits.pixels`.
pub(super) fn undrawn(image: &[u8], limits: &Limits) -> Option<&'static str> {
    let (kind, (width, height)) = if jpeg::is(image) {
        ("image/jpeg", jpeg::size(image)?)
    } else if webp::is(image) {
        ("image/webp", webp::size(image)?)
    } else {
        return None;
    };
    let pixels = u64::from(width) * u64::from(height);
    (1..=limits.pixels as u64).contains(&pixels).then_some(kind)
}

/// The picture made to fit, proportions kept; a smaller one keeps its size.
pub(super) fn thumbnail(image: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let mut decoder = png::Decoder::new_with_limits(
        Cursor::new(image),
        png::Limits {
            bytes: MOST_DECODER_BYTES,
        },
    );
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width, header.height);
    let interlaced = header.interlaced;
    if width as usize > limits.pixels / (height as usize).max(1) {
        let detail = format!(
            "the image has {width} by {height} pixels, the limit `pixels` allows {}",
            limits.pixels
        );
        return Err(Kind::TooLarge.because(detail));
    }
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (color, _) = reader.output_color_type();
    let channels = color.samples();
    let mut shrink = Shrink::new(width, height, channels);
    if interlaced {
        let size = reader
            .output_buffer_size()
            .filter(|size| *size <= MOST_DECODER_BYTES);
        let size = size.ok_or_else(|| {
            Kind::TooLarge.because("the interlaced image is too large to be decoded")
        })?;
        let mut frame = vec![0; size];
        reader.next_frame(&mut frame).map_err(broken)?;
        for row in frame
            .chunks_exact(width as usize * channels)
            .take(height as usize)
        {
            shrink.row(row);
        }
    } else {
        for _ in 0..height {
            match reader.next_row().map_err(broken)? {
                Some(row) => shrink.row(row.data()),
                None => return Err(Kind::CutShort.because("the image has fewer rows than it says")),
            }
        }
    }
    shrink.finish()
}

fn broken(error: DecodingError) -> Error {
    let kind = match &error {
        DecodingError::LimitsExceeded => Kind::TooLarge,
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Kind::CutShort
        }
        _ => Kind::BadPng,
    };
    kind.because("the picture cannot be decoded")
        .caused_by(error)
}

/// A box filter that takes rows as they come: every source pixel counts once.
struct Shrink {
    /// Bytes of the row that belong to each column of the target.
    columns: Vec<Range<usize>>,
    /// In pixels: how high the source is, and how large the target.
    height: usize,
    target: (usize, usize),
    channels: usize,
    /// Red, green and blue weighted by alpha, alpha, and the count, for one target row.
    sums: Vec<[u64; 5]>,
    rows_read: usize,
    pixels: Vec<[u8; 4]>,
}

impl Shrink {
    fn new(width: u32, height: u32, channels: usize) -> Shrink {
        let scale = (f64::from(THUMBNAIL.0) / f64::from(width))
            .min(f64::from(THUMBNAIL.1) / f64::from(height))
            .min(1.0);
        let side = |length: u32, most: u32| {
            ((f64::from(length) * scale).round() as u32).clamp(1, most) as usize
        };
        let target = (side(width, THUMBNAIL.0), side(height, THUMBNAIL.1));
        // On 32 bits the product could overflow.
        let start = |column: usize| {
            (column as u64 * u64::from(width)).div_ceil(target.0 as u64) as usize * channels
        };
        Shrink {
            columns: (0..target.0)
                .map(|column| start(column)..start(column + 1))
                .collect(),
            height: height as usize,
            target,
            channels,
            sums: vec![[0; 5]; target.0],
            rows_read: 0,
            pixels: Vec::with_capacity(target.0 * target.1),
        }
    }

    fn row(&mut self, row: &[u8]) {
        for (column, sums) in self.columns.iter().zip(&mut self.sums) {
            let Some(source) = row.get(column.clone()) else {
                continue;
            };
            let mut add = |pixel: [u8; 3], alpha: u8| {
                for (sum, part) in sums.iter_mut().zip(pixel) {
                    *sum += u64::from(part) * u64::from(alpha);
                }
                sums[3] += u64::from(alpha);
                sums[4] += 1;
            };
            match self.channels {
                1 => source.iter().for_each(|gray| add([*gray; 3], 255)),
                2 => source
                    .as_chunks()
                    .0
                    .iter()
                    .for_each(|[gray, alpha]| add([*gray; 3], *alpha)),
                3 => source
                    .as_chunks()
                    .0
                    .iter()
                    .for_each(|pixel| add(*pixel, 255)),
                _ => source
                    .as_chunks()
                    .0
                    .iter()
                    .for_each(|[red, green, blue, alpha]| add([*red, *green, *blue], *alpha)),
            }
        }
        let of = |row: usize| row as u64 * self.target.1 as u64 / self.height as u64;
        self.rows_read += 1;
        if self.rows_read == self.height || of(self.rows_read) != of(self.rows_read - 1) {
            for sums in &mut self.sums {
                let [red, green, blue, alpha, count] = std::mem::take(sums);
                let share = |sum: u64, of: u64| (sum + of / 2).checked_div(of).unwrap_or(0) as u8;
                self.pixels.push([
                    share(red, alpha),
                    share(green, alpha),
                    share(blue, alpha),
                    share(alpha, count),
                ]);
            }
        }
    }

    fn finish(self) -> Result<Vec<u8>> {
        let opaque = self.pixels.iter().all(|pixel| pixel[3] == 255);
        let (width, height) = (self.target.0 as u32, self.target.1 as u32);
        if opaque {
            let bytes: Vec<u8> = self
                .pixels
                .iter()
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect();
            encode(width, height, ColorType::Rgb, &bytes)
        } else {
            encode(width, height, ColorType::Rgba, self.pixels.as_flattened())
        }
    }
}

fn encode(width: u32, height: u32, color: ColorType, pixels: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let bug = |error: png::EncodingError| {
        Kind::Bug
            .because("a picture cannot be encoded")
            .caused_by(error)
    };
    let mut writer = encoder.write_header().map_err(bug)?;
    writer.write_image_data(pixels).map_err(bug)?;
    writer.finish().map_err(bug)?;
    Ok(out)
}
