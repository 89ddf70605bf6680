package import Foundation
import HDF5

/// A directory of its own, which is removed afterwards.
package func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appending(path: "evidence-" + UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.path(percentEncoded: false))
}

/// Paths in the repository.
package enum Repository {
  package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  package static func path(_ relative: String) -> String { root.appending(path: relative).path(percentEncoded: false) }

  package static let digitsModel = path("Sources/EvidenceCommand/Resources/digits-iwae-2l.h5")
  package static let digits = path("Sources/EvidenceCommand/Resources/digits-test.h5")
}

/// A model of x [4] with two latents, written by hand so that each thing about it can be wrong.
package struct SmallModel {
  package var format = "evidence-model"
  package var version = 1
  package var likelihood = "bernoulli"
  package var hasDecoder: Bool
  package var scaleName: String
  package var encoderInputs = 4
  package var meanWeight: Float
  /// The constant that the posterior's scale is.
  package var scale: Float = -1
  /// What the file says about its data.
  package var divideBy: Double?
  package var binarize: String?
  /// The layer in the encoder's stack of means.
  package var layer = "dense"

  package init(
    hasDecoder: Bool = true, scaleName: String = "log_variance", meanWeight: Float = 0.5, divideBy: Double? = nil,
    binarize: String? = nil
  ) {
    (self.hasDecoder, self.scaleName, self.meanWeight) = (hasDecoder, scaleName, meanWeight)
    (self.divideBy, self.binarize) = (divideBy, binarize)
  }

  /// Writes it.
  package func write(to path: String) throws {
    let file = try File(creating: path)
    let root = try file.root
    try root.setAttribute("format", format)
    try root.setAttribute("version", version)
    try root.setAttribute("name", "small")
    let input = try root.createGroup("input")
    try input.setAttribute("shape", [4])
    if let binarize { try input.setAttribute("binarize", binarize) }
    if let divideBy { try input.setAttribute("divide_by", divideBy) }
    let encoder = try root.createGroup("encoder/1")
    try encoder.setAttribute("distribution", "normal")
    try dense(encoder.createGroup("mean/0"), layer, shape: [2, encoderInputs], value: meanWeight)
    try encoder.createDataset(scaleName, type: .float(bits: 32), shape: [2]).write([scale, scale])
    if hasDecoder {
      let decoder = try root.createGroup("decoder/1")
      try decoder.setAttribute("distribution", likelihood)
      try dense(decoder.createGroup("logits/0"), "dense", shape: [4, 2], value: 1)
    }
    try file.close()
  }

  private func dense(_ group: Group, _ layer: String, shape: [Int], value: Float) throws {
    try group.setAttribute("layer", layer)
    let count = shape.reduce(1, *)
    try group.createDataset("weight", type: .float(bits: 32), shape: shape).write(
      [Float](repeating: value, count: count))
    try group.createDataset("bias", type: .float(bits: 32), shape: [shape[0]])
      .write([Float](repeating: 0, count: shape[0]))
  }
}

/// A file with one dataset of the given rows for each name.
package func writeData(_ rows: [[Float]], to path: String, datasets: [String] = ["images"], width: Int = 4) throws {
  let file = try File(creating: path)
  for name in datasets {
    try file.root.createDataset(name, type: .float(bits: 32), shape: [rows.count, rows.first?.count ?? width])
      .write(Array(rows.joined()))
  }
  try file.close()
}

/// Eight binary examples.
package let binaryRows: [[Float]] = (0..<8).map { row in (0..<4).map { Float((row >> ($0 % 3)) & 1) } }
