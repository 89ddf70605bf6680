import Foundation
import HDF5

/// A directory of its own, which is removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appending(path: "evidence-" + UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.path(percentEncoded: false))
}

/// Paths in the repository.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func path(_ relative: String) -> String { root.appending(path: relative).path(percentEncoded: false) }

  static let digitsModel = path("Sources/EvidenceCommand/Resources/digits-iwae-2l.h5")
  static let digits = path("Sources/EvidenceCommand/Resources/digits-test.h5")
}

/// A model of x [4] with two latents, written by hand so that each thing about it can be wrong.
struct SmallModel {
  var format = "evidence-model"
  var version = 1
  var likelihood = "bernoulli"
  var hasDecoder = true
  var scaleName = "log_variance"
  var encoderInputs = 4
  var meanWeight: Float = 0.5
  /// The constant that the posterior's scale is.
  var scale: Float = -1
  /// What the file says about its data.
  var divideBy: Double?
  var binarize: String?
  /// The layer in the encoder's stack of means.
  var layer = "dense"

  func write(to path: String) throws {
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
func writeData(_ rows: [[Float]], to path: String, datasets: [String] = ["images"], width: Int = 4) throws {
  let file = try File(creating: path)
  for name in datasets {
    try file.root.createDataset(name, type: .float(bits: 32), shape: [rows.count, rows.first?.count ?? width])
      .write(Array(rows.joined()))
  }
  try file.close()
}

/// Eight binary examples.
let binaryRows: [[Float]] = (0..<8).map { row in (0..<4).map { Float((row >> ($0 % 3)) & 1) } }
