import HDF5
import JSON
import Models

/// Turns layers of Keras with their weights into layers of the model format.
struct LayerTranslator {
  let graph: KerasGraph
  let weights: [String: KerasLayerWeights]
  /// The file that the weights are in.
  let weightsFile: String
  /// Whether convolutions were trained by Theano, which turns their kernels by 180°.
  let turnsKernels: Bool
  /// Whether hard_sigmoid is that of Keras 1 and 2, which no activation of the model format is.
  let usesFirstHardSigmoid: Bool
  /// How the images lie; nil until a layer says so.
  private(set) var dataFormat: DataFormat?

  init(_ unit: KerasUnit, graph: KerasGraph) {
    self.graph = graph
    weights = unit.weights
    weightsFile = unit.weightsFile
    turnsKernels = unit.backend == "theano"
    usesFirstHardSigmoid = unit.version.map { !$0.hasPrefix("3") } ?? true
  }

  /// What a layer becomes, and the shape that it makes out of the given one.
  struct Translation {
    var layers: [Layer]
    var shape: [Int]
    /// The columns of the last axis that the layers pick, where that is all they do.
    var columns: Range<Int>?
  }

  /// Translates one call of a layer that has one input.
  mutating func translate(_ node: Int, shape: [Int]) throws -> Translation {
    let layer = graph.nodes[node].layer
    guard Self.elements(shape) != nil else {
      throw undecided(node, "the shape that comes in is not known, or is too large", found: "\(shape)")
    }
    if let function = TensorFunction(graph.nodes[node]) { return try translate(function, node, shape) }
    guard graph.nodes[node].kind == .known else { throw unsupported(node, "no layer of the model format does this") }
    if KerasLayerKind.ignoredClasses.contains(layer.className) { return Translation(layers: [], shape: shape) }
    switch layer.className {
    case "Dense": return try dense(node, shape)
    case "Conv2D", "Convolution2D": return try convolution(node, shape)
    case "Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D": return try transposedConvolution(node, shape)
    case "DepthwiseConv2D", "SeparableConv2D", "SeparableConvolution2D": return try depthwise(node, shape)
    case "BatchNormalization": return try batchNormalization(node, shape)
    case "LayerNormalization": return try layerNormalization(node, shape)
    case "GroupNormalization": return try groupNormalization(node, shape)
    case "Normalization": return try adaptedNormalization(node, shape)
    case "Conv1D", "Convolution1D": return try convolution1D(node, shape)
    case "Conv1DTranspose", "Convolution1DTranspose": return try transposedConvolution1D(node, shape)
    case "MaxPooling1D", "MaxPool1D", "AveragePooling1D", "AvgPool1D", "GlobalAveragePooling1D", "GlobalAvgPool1D",
      "GlobalMaxPooling1D", "GlobalMaxPool1D", "UpSampling1D", "ZeroPadding1D", "Cropping1D":
      return try along(node, shape)
    case "TimeDistributed": return try dense(node, shape)
    case "Embedding": return try embedding(node, shape)
    case "RepeatVector": return try repeated(node, shape)
    case "Permute":
      guard let order = layer.config["dims"]?.integers, order.map({ $0 - 1 }).sorted() == Array(shape.indices) else {
        throw unsupported(node, "an order of all axes was expected", found: layer.config["dims"]?.summary)
      }
      return Translation(
        layers: [Layer(.permute(order.map { $0 - 1 }), name: layer.name)], shape: order.map { shape[$0 - 1] })
    case "PReLU": return try parametricReLU(node, shape)
    case "Softmax": return try softmax(node, shape)
    case "Activation", "LeakyReLU", "ReLU", "ELU":
      guard let activation = KerasActivation.layer(layer, isFirstDefinition: usesFirstHardSigmoid) else {
        throw unsupported(node, "the activation is not one of the model format's", found: options(layer.config))
      }
      return Translation(layers: [Layer(.activation, activation: activation, name: layer.name)], shape: shape)
    case "Rescaling":
      let operation = ConstantOperation(
        scale: KerasActivation.scalar(layer.config["scale"] ?? .number(1)),
        offset: KerasActivation.scalar(layer.config["offset"] ?? .number(0)))
      guard let operation else { return try rescaling(node, shape) }
      return Translation(layers: [affine(operation, name: layer.name, shape)], shape: shape)
    default: return try reshaping(node, shape)
    }
  }

  /// The number of elements of a shape; nil where an extent is not positive, or where there are more than models have.
  static func elements(_ shape: [Int]) -> Int? {
    shape.contains { $0 <= 0 } ? nil : shape.elementCount(atMost: 1 << 31)
  }

  // MARK: Weights

  /// The tensors of a layer under the names that Keras 2 and 3 give to them.
  func tensors(_ node: Int) throws -> [String: Tensor] {
    let path = graph.nodes[node].path
    let layer = graph.nodes[node].layer
    guard let expected = KerasLayerKind.variables(of: layer), !expected.isEmpty else { return [:] }
    guard let stored = weights[path] else {
      throw ImportError(
        .missingWeights, file: weightsFile, place: path, "the file has no weights for the layer \(layer.title)",
        expected: expected.joined(separator: ", "))
    }
    let variables = stored.variables
    guard variables.count == expected.count else {
      throw ImportError(
        .wrongWeights, file: weightsFile, place: stored.place,
        "the layer \(layer.title) has other weights than its configuration says",
        expected: expected.joined(separator: ", "), found: stored.shapes)
    }
    let isNamed = Set(variables.map(\.name)) == Set(expected)
    var result: [String: Tensor] = [:]
    for (name, variable) in zip(expected, variables) {
      let dataset = variable.dataset
      result[isNamed ? variable.name : name] = Tensor(shape: dataset.shape, values: try dataset.read(as: Float.self))
    }
    return result
  }

  /// Checks a tensor's shape; a kernel whose axes are the wrong way round is said to be.
  func require(_ tensor: Tensor?, _ name: String, _ shape: [Int], _ node: Int) throws -> Tensor {
    guard let tensor else { throw unsupported(node, "the layer's \(name) is missing") }
    guard tensor.shape != shape else { return tensor }
    let isTurned = tensor.shape.count == shape.count && tensor.shape.sorted() == shape.sorted()
    throw ImportError(
      .wrongWeights, file: weightsFile, place: graph.nodes[node].path,
      "the \(name) of \(graph.nodes[node].layer.title) is of the wrong shape"
        + (isTurned ? ": its axes are in another order (transposed?)" : ""),
      expected: "\(shape)", found: "\(tensor.shape)")
  }

  // MARK: Shared parts

  /// The activation that a layer with weights ends in.
  func activation(_ node: Int, of inner: KerasLayer? = nil) throws -> Activation {
    let value = (inner ?? graph.nodes[node].layer).config["activation"]
    guard let activation = KerasActivation.named(value, isFirstDefinition: usesFirstHardSigmoid) else {
      throw unsupported(node, "the activation is not one of the model format's", found: value?.summary)
    }
    return activation
  }

  /// How a layer takes images to lie. All layers of a model have to agree.
  mutating func imageFormat(_ node: Int) throws -> DataFormat {
    let config = graph.nodes[node].layer.config
    let text = config["data_format"]?.string ?? config["dim_ordering"]?.string
    let format: DataFormat = text == "channels_first" || text == "th" ? .channelsFirst : .channelsLast
    guard let known = dataFormat else {
      dataFormat = format
      return format
    }
    guard known == format else {
      throw unsupported(node, "layers of one model take images to lie in different ways", found: format.rawValue)
    }
    return format
  }

  /// Takes over what is known about images from the other half of a model.
  mutating func adopt(_ format: DataFormat?) { dataFormat = dataFormat ?? format }

  /// scale · x + offset for every element, as the model format can say it: batch normalization.
  func affine(_ operation: ConstantOperation, name: String?, _ shape: [Int]) -> Layer {
    .affine(
      scale: operation.scale, offset: operation.offset, channels: shape.last ?? 1, axis: shape.count - 1, name: name)
  }

  // MARK: Errors

  func unsupported(_ node: Int, _ reason: String, expected: String? = nil, found: String? = nil) -> ImportError {
    ImportError(
      .unsupportedLayer, file: graph.file, place: graph.place(of: node),
      "the layer \(graph.nodes[node].layer.title) can't be imported: \(reason)", expected: expected, found: found)
  }

  func undecided(_ node: Int, _ message: String, found: String? = nil) -> ImportError {
    ImportError(
      .undecided, file: graph.file, place: graph.place(of: node), message,
      found: found, remedy: .sayInputShape)
  }

  /// The options of a layer that are not the same everywhere, for messages.
  func options(_ config: JSONValue) -> String {
    (config.object ?? [:]).filter { !["name", "trainable", "dtype"].contains($0.key) && !$0.value.isNull }
      .sorted { $0.key < $1.key }.prefix(8).map { "\($0.key) = \($0.value.summary)" }.joined(separator: ", ")
  }
}

extension Layer {
  /// scale · x + offset for every element.
  static func affine(scale: Double, offset: Double, channels: Int, axis: Int?, name: String?) -> Layer {
    func all(_ value: Double) -> Tensor { Tensor([Float](repeating: Float(value), count: channels)) }
    var layer = BatchNormalization(mean: all(0), variance: all(1), scale: all(scale), offset: all(offset))
    layer.epsilon = 0
    layer.axis = axis
    return Layer(.batchNormalization(layer), name: name)
  }
}

/// An operation of a tensor with one number: x / 255, 2 · x − 1.
struct ConstantOperation: Equatable {
  var scale: Double
  var offset: Double

  init?(scale: Double?, offset: Double?) {
    guard let scale, scale.isFinite, let offset, offset.isFinite else { return nil }
    self.scale = scale
    self.offset = offset
  }

  /// The operation that a node is; nil for others.
  init?(_ node: GraphNode) { self.init(node.layer, node.constants, node.inputs.count) }

  /// The operation of a layer that is called with so many tensors and these constants; nil for others.
  init?(_ layer: KerasLayer, _ constants: [String: JSONValue], _ tensors: Int) {
    guard tensors == 1, let function = GraphOperation(layer)?.function else { return nil }
    if function == "negative" || function == "neg" {
      guard constants.isEmpty else { return nil }
      self.init(scale: -1, offset: 0)
      return
    }
    let given = constants.filter { $0.key != "name" }
    guard given.count == 1, let (key, value) = given.first, let number = value.double, number.isFinite else {
      return nil
    }
    // Where the number comes first, x is under "y" or at position 1.
    let isReversed = key == "0" || key == "x" || key == "x1"
    switch function {
    case "multiply": self.init(scale: number, offset: 0)
    case "divide":
      guard !isReversed, number != 0 else { return nil }
      self.init(scale: 1 / number, offset: 0)
    case "add": self.init(scale: 1, offset: number)
    case "subtract": self.init(scale: isReversed ? -1 : 1, offset: isReversed ? number : -number)
    default: return nil
    }
  }
}

/// An operation of TensorFlow or of Keras 3 that was called on a symbolic tensor.
struct GraphOperation {
  /// A plain name: multiply, divide, add, subtract, exp, sqrt, softplus, split, getitem, shape, …
  let function: String

  init?(_ node: GraphNode) { self.init(node.layer) }

  init?(_ layer: KerasLayer) {
    let name: String
    if layer.className == "TFOpLambda" || layer.className == "SlicingOpLambda" {
      name = layer.config["function"]?.string ?? layer.name
    } else if layer.module?.contains(".ops") == true {
      name = layer.className
    } else {
      return nil
    }
    let last = (name.split(separator: ".").last.map(String.init) ?? name).lowercased().filter { $0 != "_" }
    switch last {
    case "truediv", "truedivide", "divide", "realdiv", "div": function = "divide"
    case "mul", "multiply": function = "multiply"
    case "sub", "subtract": function = "subtract"
    case "add", "addv2": function = "add"
    default: function = name.contains("random") ? "random" : last
    }
  }

  /// Whether only the shape of the input matters.
  var usesShapeOnly: Bool { ["shape", "zeroslike", "oneslike", "random", "rank", "size"].contains(function) }
}
