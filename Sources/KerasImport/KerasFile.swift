import Compression
import Foundation
import HDF5
import JSON

/// A file that was given to the importer.
struct KerasFile {
  /// The path as given.
  let path: String
  /// The configuration of a model.
  var model: KerasModel?
  /// A description of what a weights-only file leaves open.
  var description: KerasDescription?
  var weights: KerasWeights?
  var version: String?
  var backend: String?

  /// The name without folders and extensions.
  var stem: String {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let endings = [".weights.h5", ".weights.json", ".h5", ".hdf5", ".keras", ".json"]
    return endings.first { name.hasSuffix($0) && name.count > $0.count }.map { String(name.dropLast($0.count)) } ?? name
  }

  /// Opens a file of any of Keras' formats, going by its first bytes.
  init(path: String) throws {
    self.path = path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw ImportError(.noSuchFile, file: path, "no such file")
    }
    guard !isDirectory.boolValue else {
      throw ImportError(
        .notACheckpoint, file: path, "is a directory; SavedModel folders are not read",
        expected: "a .keras, .h5 or .weights.h5 file: save the model with model.save(\"model.keras\")")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ImportError(.inputOutput, file: path, "the file can't be read")
    }
    defer { try? handle.close() }
    let start = [UInt8]((try? handle.read(upToCount: 64)) ?? Data())
    switch KerasFile.kind(start) {
    case .archive: try readArchive { try ZipArchive(path: path) }
    case .text: try readText(start + [UInt8]((try? handle.readToEnd()) ?? Data()))
    case .other: try read(File(reading: path))
    }
  }

  /// A file in memory; `path` is what errors call it.
  init(path: String, bytes: [UInt8]) throws {
    self.path = path
    switch KerasFile.kind(bytes) {
    case .archive: try readArchive { try ZipArchive(Data(bytes), file: path) }
    case .text: try readText(bytes)
    case .other: try read(File(readingImage: bytes, name: path))
    }
  }

  private enum Kind {
    case archive, text, other
  }

  private static func kind(_ start: [UInt8]) -> Kind {
    if start.starts(with: [0x50, 0x4B]) { return .archive }
    let first = start.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    return first == UInt8(ascii: "{") ? .text : .other
  }

  /// A `.keras` file.
  private mutating func readArchive(_ open: () throws -> ZipArchive) throws {
    do { try read(try open()) } catch let error as ZipError { throw ImportError(error) }
  }

  private mutating func read(_ archive: ZipArchive) throws {
    guard let config = archive.member("config.json"), let weights = archive.member("model.weights.h5") else {
      throw ImportError(
        .notACheckpoint, file: path, "this zip archive is not a Keras model",
        expected: "the members config.json and model.weights.h5",
        found: archive.members.prefix(8).map(\.name).joined(separator: ", "))
    }
    let value = try JSONParser.parse(try archive.contents(of: config), file: path, place: config.name)
    model = try KerasModelParser.model(value, file: path)
    if let metadata = archive.member("metadata.json") {
      let value = try JSONParser.parse(try archive.contents(of: metadata), file: path, place: metadata.name)
      version = value["keras_version"]?.string
    }
    try read(File(readingImage: archive.contents(of: weights), name: path + "/" + weights.name))
  }

  /// The JSON of `model.to_json()`, or a description.
  private mutating func readText(_ text: [UInt8]) throws {
    let value = try JSONParser.parse(text, file: path)
    version = value["keras_version"]?.string
    backend = value["backend"]?.string
    if value["weight_map"]?.object != nil {
      return try read(ShardedWeights.joined(value, index: path))
    }
    if KerasModelParser.isConfiguration(value) {
      model = try KerasModelParser.model(value, file: path)
      guard model != nil else {
        throw ImportError(.badConfiguration, file: path, "the configuration has no layers")
      }
    } else {
      description = try KerasDescription(value, file: path)
    }
  }

  private mutating func read(_ file: File) throws {
    let root = try file.root
    if let parts = try root.splitStrings("model_config"), model == nil {
      let text = [UInt8](parts.joined().utf8)
      let value = try JSONParser.parse(text, file: path, place: "model_config")
      model = try KerasModelParser.model(value, file: path)
    }
    for place in [root] + (try root.hasChild("model_weights") ? [try root.group("model_weights")] : []) {
      for (name, value) in [("keras_version", \KerasFile.version), ("backend", \KerasFile.backend)]
      where try place.attributeType(name) == .string {
        self[keyPath: value] = try place.string(name) ?? self[keyPath: value]
      }
    }
    weights = try KerasWeights(file)
  }
}
