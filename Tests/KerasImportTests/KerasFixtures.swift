import Compression
import Foundation
import HDF5
import Models
import Networks

@testable import KerasImport

/// Files as Keras writes them, made in memory.
enum KerasFixtures {
  /// A weight: its name and its shape. The values count up, so that each element can be told from the others.
  typealias Weight = (name: String, shape: [Int])

  static func values(_ shape: [Int]) -> [Float] {
    (0..<shape.reduce(1, *)).map { Float($0 % 11) / 8 - 0.5 }
  }

  static func tensor(_ shape: Int...) -> Tensor { Tensor(shape: shape, values: values(shape)) }

  private static func write(_ shape: [Int], _ name: String, _ group: Group) throws {
    try group.createDataset(name, type: .float(bits: 32), shape: shape).write(values(shape))
  }

  /// Groups named after layers (Keras 1, Keras 2, legacy Keras 3).
  static func named(
    _ layers: [(String, [Weight])], config: [String] = [], at path: String = "", backend: String? = nil,
    splitNames: Bool = false
  ) throws -> [UInt8] {
    let file = try File(inMemory: "named")
    var root = try file.root
    for (index, part) in config.enumerated() {
      try root.setAttribute(config.count == 1 ? "model_config" : "model_config\(index)", part)
    }
    if !path.isEmpty { root = try root.createGroup(path) }
    if let backend { try root.setAttribute("backend", backend) }
    try root.setAttribute("keras_version", "2.1.6")
    if splitNames {
      for (index, layer) in layers.enumerated() { try root.setAttribute("layer_names\(index)", [layer.0]) }
    } else {
      try root.setAttribute("layer_names", layers.map(\.0))
    }
    for (name, weights) in layers {
      let group = try root.createGroup(name)
      // Without weights, Keras writes an empty list of floats.
      if weights.isEmpty { try group.setAttribute("weight_names", [Double]()) }
      if !weights.isEmpty { try group.setAttribute("weight_names", weights.map(\.name)) }
      for weight in weights { try write(weight.shape, weight.name, group) }
    }
    return try file.image()
  }

  /// Keras 3: groups in the shape of the objects. Paths are those of the layers, without `vars`.
  static func tree(_ layers: [(String, [[Int]])]) throws -> [UInt8] {
    let file = try File(inMemory: "tree")
    let root = try file.root
    for (path, shapes) in layers {
      let group = try root.createGroup(path + "/vars")
      for (index, shape) in shapes.enumerated() { try write(shape, "\(index)", group) }
    }
    return try file.image()
  }

  static func file(_ name: String, _ bytes: [UInt8]) throws -> KerasFile { try KerasFile(path: name, bytes: bytes) }
  static func file(_ name: String, _ text: String) throws -> KerasFile {
    try KerasFile(path: name, bytes: [UInt8](text.utf8))
  }

  static func url(_ name: String) -> URL {
    Bundle.module.bundleURL.appending(path: "Fixtures").appending(path: name)
  }

  // MARK: Configurations

  static func layer(_ className: String, _ name: String, _ config: String = "", from inbound: String = "[]") -> String {
    let more = config.isEmpty ? "" : ", " + config
    return #"{"class_name": "\#(className)", "name": "\#(name)", "config": {"name": "\#(name)"\#(more)}, "#
      + #""inbound_nodes": \#(inbound)}"#
  }

  /// Keras 2: one call with some layers' first outputs.
  static func call(_ names: String...) -> String {
    "[[" + names.map { #"["\#($0)", 0, 0, {}]"# }.joined(separator: ", ") + "]]"
  }

  /// Keras 3: the same.
  static func call3(_ names: String...) -> String {
    let tensors = names.map {
      #"{"class_name": "__keras_tensor__", "config": {"shape": [null, 2], "keras_history": ["\#($0)", 0, 0]}}"#
    }
    let joined = tensors.joined(separator: ", ")
    return #"[{"args": [\#(tensors.count == 1 ? joined : "[" + joined + "]")], "kwargs": {}}]"#
  }

  static func functional(
    _ name: String, _ layers: [String], inputs: [String], outputs: [String], className: String = "Functional"
  ) -> String {
    func list(_ names: [String]) -> String { names.map { #"["\#($0)", 0, 0]"# }.joined(separator: ", ") }
    return
      #"{"class_name": "\#(className)", "config": {"name": "\#(name)", "layers": [\#(layers.joined(separator: ", "))], "#
      + #""input_layers": [\#(list(inputs))], "output_layers": [\#(list(outputs))]}}"#
  }

  static func input(_ name: String, _ shape: Int...) -> String {
    let extents = shape.map(String.init).joined(separator: ", ")
    return layer("InputLayer", name, #""batch_input_shape": [null, \#(extents)]"#)
  }

  static func dense(_ name: String, _ units: Int, _ activation: String = "linear", from: String...) -> String {
    layer(
      "Dense", name, #""units": \#(units), "activation": "\#(activation)", "use_bias": true"#,
      from: from.first.map { call($0) } ?? "[]")
  }

  static func denseWeights(_ name: String, _ inputs: Int, _ outputs: Int, suffix: String = ":0") -> (String, [Weight]) {
    (name, [("\(name)/kernel\(suffix)", [inputs, outputs]), ("\(name)/bias\(suffix)", [outputs])])
  }

  // MARK: A small model, 6 – 4 – z2 – 3 – 6

  static let encoderLayers = [
    input("x", 6), dense("hidden", 4, "tanh", from: "x"), dense("z_mean", 2, from: "hidden"),
    dense("z_log_var", 2, from: "hidden"),
  ]
  static let encoder = functional("encoder", encoderLayers, inputs: ["x"], outputs: ["z_mean", "z_log_var"])
  static let decoder = functional(
    "decoder", [input("z_in", 2), dense("wide", 3, "relu", from: "z_in"), dense("out", 6, "sigmoid", from: "wide")],
    inputs: ["z_in"], outputs: ["out"])
  static let encoderWeights = [
    ("x", []), denseWeights("hidden", 6, 4), denseWeights("z_mean", 4, 2), denseWeights("z_log_var", 4, 2),
  ]
  static let decoderWeights = [("z_in", []), denseWeights("wide", 2, 3), denseWeights("out", 3, 6)]

  /// What the small model is in the model format, but for `about`.
  static func dense(_ inputs: Int, _ outputs: Int, _ activation: Activation, _ name: String) -> Layer {
    Layer(
      .dense(Dense(weight: tensor(inputs, outputs), layout: .kernel, bias: tensor(outputs))), activation: activation,
      name: name)
  }
  static var encoderConditional: Conditional {
    Conditional(
      .normal, given: [0], trunk: Stack([dense(6, 4, .tanh, "hidden")]),
      parameters: [
        .mean: .stack(Stack([dense(4, 2, .identity, "z_mean")])),
        .logVariance: .stack(Stack([dense(4, 2, .identity, "z_log_var")])),
      ])
  }
  static var decoderConditional: Conditional {
    Conditional(
      .bernoulli, given: [1], trunk: Stack([dense(2, 3, .relu, "wide")]),
      parameters: [.probabilities: .stack(Stack([dense(3, 6, .sigmoid, "out")]))])
  }

  static func read(_ files: [KerasFile], _ options: KerasImportOptions = KerasImportOptions()) throws
    -> KerasImportResult
  {
    try KerasImport.read(files, options)
  }

  /// The error of an import, or nil.
  static func error(_ options: KerasImportOptions = KerasImportOptions(), _ files: () throws -> [KerasFile])
    -> ImportError?
  {
    do {
      _ = try KerasImport.read(files(), options)
      return nil
    } catch {
      return error as? ImportError
    }
  }
}

/// Zip archives, byte by byte.
struct ZipBytes {
  struct Member {
    var name: String
    var content: [UInt8]
    var stored: [UInt8]?
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// Claimed instead of the content's own.
    var size: UInt64?
    var checksum: UInt32?
  }

  static func archive(_ members: [Member]) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let stored = member.stored ?? member.content
      let size = member.size ?? UInt64(member.content.count)
      let offset = UInt32(bytes.count)
      let isWide = size > 0xFFFF_FFFE
      let extra = isWide ? little(UInt16(1)) + little(UInt16(8)) + little(size) : []
      let common =
        little(UInt16(20)) + little(member.flags) + little(member.method) + little(UInt32(0))
        + little(member.checksum ?? Checksum.crc32(member.content)) + little(UInt32(stored.count))
        + little(isWide ? 0xFFFF_FFFF : UInt32(size)) + little(UInt16(member.name.utf8.count))
        + little(UInt16(extra.count))
      bytes += little(UInt32(0x0403_4b50)) + common + Array(member.name.utf8) + extra + stored
      directory +=
        little(UInt32(0x0201_4b50)) + little(UInt16(20)) + common + little(UInt16(0)) + little(UInt16(0))
        + little(UInt16(0)) + little(UInt32(0)) + little(offset) + Array(member.name.utf8) + extra
    }
    let end =
      little(UInt32(0x0605_4b50)) + little(UInt32(0)) + little(UInt16(members.count)) + little(UInt16(members.count))
      + little(UInt32(directory.count)) + little(UInt32(bytes.count)) + little(UInt16(0))
    return bytes + directory + end
  }

  private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
  }
}
