import Compression
import Foundation
import HDF5

/// What a file is, told by its first bytes and, of archives and HDF5 files, by what they hold. Nothing in it is executed.
public enum FileKind: String, Sendable, CaseIterable {
  /// A model in the model format.
  case model
  /// Per-example results of a run.
  case results
  /// A model, or weights, that Keras saved.
  case keras
  /// Any other HDF5 file.
  case hdf5
  /// An array of numpy (.npy).
  case numpyArray
  /// Several arrays of numpy (.npz).
  case numpyArchive
  /// What torch.save wrote: a zip archive, or a pickle.
  case pytorch
  /// A pickle of Python objects.
  case pickle
  /// An ONNX graph.
  case onnx
  /// Tensors as safetensors stores them.
  case safetensors
  /// A folder of TensorFlow's SavedModel, or a checkpoint of TensorFlow.
  case tensorFlow
  /// Numbers as text, separated by commas or the like.
  case table
  /// JSON.
  case json
  /// MATLAB's format before 7.3.
  case matlab
  /// NetCDF's format before 4, which is no HDF5.
  case netCDF
  /// MNIST's format: big-endian, with its own header.
  case idx
  /// Compressed by gzip.
  case gzip
  /// A picture.
  case image
  /// Parquet, or Arrow.
  case columnar
  /// A zip archive of something else.
  case zip
  /// A folder.
  case folder
  /// Nothing at all.
  case empty
  /// Something else.
  case unknown

  /// Looks at a file.
  ///
  /// - Throws: `EvidenceError` where there is no such file, or it can't be read.
  public init(of path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw HDF5Error(.noSuchFile, file: path, "no such file")
    }
    if isDirectory.boolValue {
      let isSaved = FileManager.default.fileExists(atPath: path + "/saved_model.pb")
      self = isSaved ? .tensorFlow : .folder
      return
    }
    do {
      let file = try Descriptor(opening: path, O_RDONLY)
      var start = [UInt8](repeating: 0, count: 4096)
      let count = try start.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
      self = FileKind(Array(start.prefix(count)))
    } catch let error as SystemError {
      throw HDF5Error(.inputOutput, file: path, "the file can't be read: \(error)")
    }
    if self == .zip, let archive = try? ZipArchive(path: path) { self = FileKind(members: archive.members.map(\.name)) }
    if self == .hdf5 { self = FileKind(hdf5: path) }
    if self == .unknown, path.hasSuffix(".index") || path.hasSuffix(".ckpt") { self = .tensorFlow }
  }

  /// What the first bytes of a file tell.
  init(_ start: [UInt8]) {
    func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool { start.dropFirst(offset).starts(with: bytes) }
    func begins(_ text: String, at offset: Int = 0) -> Bool { begins(Array(text.utf8), at: offset) }
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    if start.isEmpty {
      self = .empty
    } else if [0, 512, 1024, 2048].contains(where: { begins(signature, at: $0) }) {
      self = .hdf5
    } else if NumpyArray.isArray(start.prefix(6)) {
      self = .numpyArray
    } else if begins([0x50, 0x4B, 0x03, 0x04]) || begins([0x50, 0x4B, 0x05, 0x06]) {
      self = .zip
    } else if begins([0x1F, 0x8B]) {
      self = .gzip
    } else if begins("CDF") {
      self = .netCDF
    } else if begins("MATLAB 5.0") {
      self = .matlab
    } else if begins("PAR1") || begins("ARROW1") {
      self = .columnar
    } else if begins([0x89, 0x50, 0x4E, 0x47]) || begins([0xFF, 0xD8, 0xFF]) || begins("GIF8") {
      self = .image
    } else if begins([0, 0, 0x08, 1]) || begins([0, 0, 0x08, 3]) {
      self = .idx
    } else if begins([0x80]), start.count > 1, (2...5).contains(start[1]) {
      // torch.save's first format begins with a pickle of its magic number.
      let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
      self = start.prefix(32).contains(magic) ? .pytorch : .pickle
    } else if start.count > 9, begins("{", at: 8), start[2..<8].allSatisfy({ $0 == 0 }) {
      self = .safetensors
    } else if begins([0x08]), start.count > 3, start[1] < 20, start[2] == 0x12 || start[2] == 0x1A || start[2] == 0x22 {
      self = .onnx
    } else {
      self = FileKind.text(start)
    }
  }

  /// Whether bytes are text, and of which kind.
  private static func text(_ start: [UInt8]) -> FileKind {
    let isText = start.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    guard isText else { return .unknown }
    let text = start.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") { return .json }
    let hasDigits = text.contains { (0x30...0x39).contains($0) }
    let separators: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, 0x20]
    return hasDigits && text.contains(where: separators.contains) ? .table : .unknown
  }

  /// What the members of a zip archive tell.
  private init(members names: [String]) {
    if names.contains("config.json"), names.contains(where: { $0.hasSuffix(".weights.h5") }) {
      self = .keras
    } else if names.contains(where: { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }) {
      self = .pytorch
    } else if NumpyArchive.isArchive(names) {
      self = .numpyArchive
    } else {
      self = .zip
    }
  }

  /// What the root of an HDF5 file tells; a damaged one is any HDF5 file, and reading it says more.
  private init(hdf5 path: String) {
    self = .hdf5
    guard let root = try? File(reading: path).root else { return }
    func has(_ attribute: String) -> Bool { ((try? root.attributeType(attribute)) ?? nil) != nil }
    func has(child name: String) -> Bool { (try? root.hasChild(name)) == true }
    switch try? root.attributeType("format") == .string ? root.string("format") : nil {
    case "evidence-model"?: self = .model
    case "evidence-results"?: self = .results
    default:
      // AnnData has layers too, and what is in them are matrices.
      let isTree = (try? root.hasGroup(named: "vars", levels: 6)) == true
      if has("model_config") || has("layer_names") || has("keras_version") || has(child: "model_weights") || isTree {
        self = .keras
      }
    }
  }
}

extension Collection<UInt8> {
  /// Whether bytes stand somewhere in these.
  fileprivate func contains(_ bytes: [UInt8]) -> Bool {
    indices.contains { self[$0...].starts(with: bytes) }
  }
}

/// Opens examples in a file of any kind that holds them.
public enum ExampleFile {
  /// Opens a dataset of an HDF5 file, or an array of numpy, told by the file's first bytes.
  ///
  /// - Throws: As `HDF5Source` and `NumpySource`.
  public static func open(_ path: String, dataset: String? = nil, axes: [Int]? = nil) throws -> any FileSource {
    switch try FileKind(of: path) {
    case .numpyArray, .numpyArchive: try NumpySource(file: path, dataset: dataset, axes: axes)
    default: try HDF5Source(file: path, dataset: dataset, axes: axes)
    }
  }
}
