package import Evidence
import Wording

/// What a model makes of its latents, as one picture or as a page that needs nothing else.
package struct PicturePage {
  private let name: String
  private let pictures: ModelPictures
  private let layout: ExampleImages.Layout
  /// What is black and what is white.
  private let range: ClosedRange<Float>

  /// Nil where an example is no image.
  package init?(_ pictures: ModelPictures, shape: [Int], name: String) {
    guard let layout = ExampleImages.Layout(shape) else { return nil }
    self.name = name
    self.pictures = pictures
    self.layout = layout
    let values = (pictures.samples + pictures.originals + pictures.reconstructions).joined()
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 1)
    range = lowest >= 0 && highest <= 1 ? 0...1 : lowest...max(highest, lowest.nextUp)
  }

  /// Samples, reconstructions beneath their originals, and traversals, one below the other.
  package func png() -> [UInt8] {
    let columns = 16
    var rows = Self.rows(pictures.samples, columns)
    for (original, reconstruction) in zip(
      Self.rows(pictures.originals, columns), Self.rows(pictures.reconstructions, columns))
    {
      rows += [original, reconstruction]
    }
    rows += pictures.traversals.map(\.means)
    let grid = grid(rows)
    return PNG.encode(grid.samples, width: grid.width, height: grid.height, channels: layout.channels)
  }

  /// The page.
  package func html() -> String {
    Markup.document(
      Markup(
        "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
        Markup(
          "head", [:], Markup("meta", ["charset": "utf-8"]),
          Markup("meta", ["name": "color-scheme", "content": "light dark"]),
          Markup("title", [:], Markup("What \(name) draws")), Markup.style(StyleSheet.text)),
        Markup("body", [:], Markup("main", [:], [Markup("h1", [:], Markup("What \(name) draws"))] + sections))))
  }

  /// Samples, reconstructions and single units, each under its heading.
  var sections: [Markup] {
    let columns = 8
    var sections = [
      PagePart.section(
        "Drawn from the model",
        PagePart.paragraph("z from the prior; each picture is the mean of p(x | z).", "soft small"),
        image(Self.rows(pictures.samples, columns), "Samples"))
    ]
    if !pictures.originals.isEmpty {
      let rows = zip(Self.rows(pictures.originals, columns), Self.rows(pictures.reconstructions, columns))
        .flatMap { [$0, $1] }
      sections.append(
        PagePart.section(
          "Reconstructions",
          PagePart.paragraph("Below each row of examples, what the model makes of their latents.", "soft small"),
          image(rows, "Examples and reconstructions")))
    }
    let steps = ModelPictures.steps
    let units = pictures.traversals.map { unit in
      "\(unit.unit + 1)" + (unit.variance.map { " (A = \(Text.significant($0, 2)))" } ?? "")
    }
    sections.append(
      PagePart.section(
        "Single units",
        PagePart.paragraph(
          "A row a unit of z₁, the most active first, from \(Text.plain(Double(steps[0]))) to "
            + "\(Text.plain(Double(steps[steps.count - 1]))), all others staying where they are.", "soft small"),
        image(pictures.traversals.map(\.means), "Traversals"),
        PagePart.paragraph("Units: " + units.joined(separator: ", "))))
    return sections
  }

  private func image(_ rows: [[[Float]]], _ words: String) -> Markup {
    let grid = grid(rows)
    let scale = max(1, 480 / max(1, grid.width))
    return Markup(
      "img",
      [
        "src": PNG.dataAddress(grid.samples, width: grid.width, height: grid.height, channels: layout.channels),
        "alt": words, "width": String(grid.width * scale), "height": String(grid.height * scale),
        "style": "image-rendering: pixelated; max-width: 100%; height: auto",
      ])
  }

  private static func rows(_ pictures: [[Float]], _ columns: Int) -> [[[Float]]] {
    stride(from: 0, to: pictures.count, by: columns).map { Array(pictures[$0..<min($0 + columns, pictures.count)]) }
  }

  /// Pictures in rows, a pixel apart.
  private func grid(_ rows: [[[Float]]]) -> (samples: [UInt8], width: Int, height: Int) {
    let (height, width, channels) = (layout.height, layout.width, layout.channels)
    let across = (rows.map(\.count).max() ?? 0) * (width + 1) - 1
    let down = rows.count * (height + 1) - 1
    var samples = [UInt8](repeating: 128, count: max(1, across) * max(1, down) * channels)
    for (row, pictures) in rows.enumerated() {
      for (column, picture) in pictures.enumerated() {
        for pixel in 0..<height * width {
          let place = (row * (height + 1) + pixel / width) * across + column * (width + 1) + pixel % width
          for channel in 0..<channels {
            let value = picture[layout.isInterleaved ? pixel * channels + channel : channel * height * width + pixel]
            let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
            samples[place * channels + channel] = UInt8(255 * min(max(share, 0), 1))
          }
        }
      }
    }
    return (samples, max(1, across), max(1, down))
  }
}
