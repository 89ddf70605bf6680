import HDF5
import Models
import Networks

/// Small models for the tests of the model file.
enum Models {
  /// Numbers that differ from each other.
  static func tensor(_ shape: Int...) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(shape: shape, values: (0..<count).map { Float($0 % 7) / 8 - 0.25 })
  }

  static func dense(_ inputs: Int, _ outputs: Int, _ activation: Activation = .identity) -> Layer {
    Layer(
      .dense(Dense(weight: tensor(outputs, inputs), layout: .weight, bias: tensor(outputs))), activation: activation)
  }

  static func normal(_ inputs: Int, _ outputs: Int, given: [Int], hidden: Int = 3) -> Conditional {
    Conditional(
      .normal, given: given, trunk: Stack([dense(inputs, hidden, .tanh)]),
      parameters: [
        .mean: .stack(Stack([dense(hidden, outputs)])), .logVariance: .stack(Stack([dense(hidden, outputs)])),
      ])
  }

  /// x of four elements, z1 of two, z2 of one.
  static var twoLayers: ModelDescription {
    ModelDescription(
      input: .init(shape: [4]),
      encoders: [normal(4, 2, given: [0]), normal(2, 1, given: [1])],
      decoders: [
        Conditional(.bernoulli, given: [1], parameters: [.logits: .stack(Stack([dense(2, 4)]))]),
        normal(1, 2, given: [2]),
      ])
  }

  /// The same with one stochastic layer.
  static var oneLayer: ModelDescription {
    var model = twoLayers
    model.encoders.removeLast()
    model.decoders.removeLast()
    return model
  }
}

/// A copy of a file in memory in which each object may have another name, or be left out.
func copy(_ source: File, rename: (String) -> String?) throws -> File {
  let target = try File(inMemory: "model.h5")
  try copy(source.root, to: target.root, rename)
  return target
}

private func copy(_ source: Group, to target: Group, _ rename: (String) -> String?) throws {
  for name in try source.attributeNames() {
    switch try source.attributeType(name) {
    case .string: try target.setAttribute(name, source.string(name) ?? "")
    case .boolean: try target.setAttribute(name, source.boolean(name) ?? false)
    case .float: try target.setAttribute(name, source.doubles(name) ?? [])
    default: try target.setAttribute(name, source.integers(name) ?? [])
    }
  }
  for child in try source.children() {
    let path = (source.path == "/" ? "" : source.path) + "/" + child.name
    guard let name = rename(path) else { continue }
    if child.kind == .group {
      try copy(source.group(child.name), to: target.createGroup(name), rename)
    } else {
      let dataset = try source.dataset(child.name)
      try target.createDataset(name, type: dataset.type, shape: dataset.shape).write(dataset.read(as: Float.self))
    }
  }
}

extension Group {
  /// Adds a dataset of numbers.
  func add(_ name: String, _ values: [Float], shape: [Int]? = nil) throws {
    try createDataset(name, type: .float(bits: 32), shape: shape ?? [values.count]).write(values)
  }
}
