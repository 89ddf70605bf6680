package import Evidence
import Foundation

/// Examples as pictures, where an example is an image: [h, w], [h, w, 1 or 3], [1 or 3, h, w] or a flat square of pixels.
package struct ExampleImages {
  private let source: any FileSource
  private let data: Evidence.Dataset
  /// How the results took the data, what a model is given beside them included.
  private let preparation: PreparationChoice
  private let seed: UInt64
  private let layout: Layout
  /// Darkest and lightest value; nil where an image's own are taken.
  let range: ClosedRange<Double>?

  /// What a model makes of examples, by their numbers.
  private var reconstructions: [Int: [Float]] = [:]

  /// How the elements of an example make an image.
  struct Layout: Equatable {
    var height, width, channels: Int
    /// Whether the colours of a pixel are stored together.
    var isInterleaved = true

    /// Nil where a shape is no image's.
    init?(_ shape: [Int]) {
      switch shape.count {
      case 1:
        let side = Int(Double(shape[0]).squareRoot().rounded())
        guard side > 1, side * side == shape[0] else { return nil }
        (height, width, channels) = (side, side, 1)
      case 2: (height, width, channels) = (shape[0], shape[1], 1)
      case 3 where shape[2] == 1 || shape[2] == 3: (height, width, channels) = (shape[0], shape[1], shape[2])
      case 3 where shape[0] == 1 || shape[0] == 3:
        (channels, height, width) = (shape[0], shape[1], shape[2])
        isInterleaved = false
      default: return nil
      }
      guard height > 1, width > 1 else { return nil }
    }
  }

  /// A picture ready for the page.
  struct Picture: Equatable {
    var address: String
    var width, height: Int
  }

  /// The longest side of a picture in pixels; larger images are averaged down to it.
  static let longestSide = 96
  /// Samples, and reconstructions, of a page.
  private static let pictures = 32

  /// Opens the data that results were made of; nil where an example is no image.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) where it is other data.
  package init?(_ path: String, dataset: String?, of settings: ResultsSettings) throws {
    let digest = try SHA256.hexDigest(ofFile: path)
    guard digest == settings.dataSHA256 else {
      throw EvidenceError(
        .invalidData,
        """
        \(path): not the data of these results: nothing is drawn of it
        expected sha256 \(settings.dataSHA256.prefix(16))…, found \(digest.prefix(16))…; the results were made of \
        \(settings.dataPath.isEmpty ? "other data" : settings.dataPath)
        """)
    }
    let source = try ExampleFile.open(path, dataset: dataset ?? settings.dataset, axes: settings.preparation.axes)
    func plain(_ path: String) -> Substring { path.drop { $0 == "/" } }
    guard plain(source.path) == plain(settings.dataset) else {
      throw EvidenceError(
        .invalidData, "\(path): \(source.path): the results were made of \(settings.dataset)")
    }
    guard source.count >= settings.examples.upperBound else {
      throw EvidenceError(
        .invalidData,
        "\(path): \(source.path): holds \(source.count) examples, the results are of \(settings.examples.lowerBound).."
          + "\(settings.examples.upperBound)")
    }
    guard let layout = Layout(source.exampleShape) else { return nil }
    self.layout = layout
    self.source = source
    data = Evidence.Dataset(source, preprocessing: settings.preprocessing)
    preparation = settings.preparation
    seed = settings.dataSeed
    // Divided or binarized data lie between 0 and 1; others may lie anywhere.
    let probe = try data.batch(settings.examples.prefix(64), seed: seed).values
    range = probe.allSatisfy { $0 >= 0 && $0 <= 1 } ? 0...1 : nil
  }

  /// An example as the model saw it.
  func picture(of example: Int) throws -> Picture {
    let values = try data.batch(example..<example + 1, seed: seed).values.map(Double.init)
    return Self.picture(values, layout, range: range)
  }

  /// Computes what a model makes of these examples' latents, to be shown beside them.
  package mutating func reconstruct(_ examples: [Int], under model: NetworkModel) throws {
    let means = try ModelPictures.reconstructions(of: examples, under: model, on: data(for: model), seed: seed)
    for (example, mean) in zip(examples, means) { reconstructions[example] = mean }
  }

  /// What a model draws, what it makes of the first of these examples, and what its most active units do.
  package func pictures(of examples: Range<Int>, under model: NetworkModel, name: String) throws -> PicturePage? {
    let evaluation = Evaluation(seed: seed, examples: examples)
    let pictures = try ModelPictures(of: model, on: data(for: model), count: Self.pictures, options: evaluation)
    return PicturePage(pictures, shape: source.exampleShape, name: name)
  }

  /// The examples, and what the model is given beside them.
  private func data(for model: NetworkModel) throws -> Evidence.Dataset {
    try Evidence.Dataset(source, for: model, choosing: preparation)
  }

  var hasReconstructions: Bool { !reconstructions.isEmpty }

  /// What the model makes of an example; nil where that was not computed.
  func reconstruction(of example: Int) -> Picture? {
    reconstructions[example].map { Self.picture($0.map(Double.init), layout, range: range) }
  }

  /// Grey from dark to light, or colours; what is no number is dark.
  static func picture(_ values: [Double], _ layout: Layout, range: ClosedRange<Double>?) -> Picture {
    let finite = values.filter(\.isFinite)
    let lowest = range?.lowerBound ?? finite.min() ?? 0
    let span = max((range?.upperBound ?? finite.max() ?? 1) - lowest, 1e-300)
    let block = max(1, (max(layout.width, layout.height) + longestSide - 1) / longestSide)
    let width = (layout.width + block - 1) / block
    let height = (layout.height + block - 1) / block
    var samples: [UInt8] = []
    samples.reserveCapacity(width * height * layout.channels)
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<layout.channels {
          var sum = 0.0
          var count = 0.0
          for y in row * block..<min((row + 1) * block, layout.height) {
            for x in column * block..<min((column + 1) * block, layout.width) {
              let pixel = y * layout.width + x
              let value =
                values[
                  layout.isInterleaved
                    ? pixel * layout.channels + channel : channel * layout.width * layout.height + pixel]
              sum += value.isFinite ? value : lowest
              count += 1
            }
          }
          samples.append(UInt8(min(255, max(0, ((sum / count - lowest) / span * 255).rounded()))))
        }
      }
    }
    return Picture(
      address: PNG.dataAddress(samples, width: width, height: height, channels: layout.channels), width: width,
      height: height)
  }
}
