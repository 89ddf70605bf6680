import JSON
import Models

/// What completes a weights-only file in a few lines of JSON (docs/keras.md): the layers of encoder and decoder in
/// order, with the activations, strides and paddings that the weights don't tell.
struct KerasDescription {
  /// One layer.
  struct Item {
    /// The layer's name in the weights file; nil for a layer without weights.
    var layer: String?
    var className: String?
    var config: [String: JSONValue]
    /// Whether nothing but the name was given.
    var isShort: Bool
  }

  var encoder: [Item]
  var decoder: [Item]
  var mean: Item
  var scale: Item
  var scaleName: ParameterName
  /// The activation of the layers given by name alone.
  var activation: String?
  var inputShape: [Int]?
  var latentShape: [Int]?
  var likelihood: KerasLikelihood?
  var divideBy: Double?
  var binarize: Binarization?
  var invert: Bool?

  static let scaleKeys: [(String, ParameterName)] = [
    ("log_variance", .logVariance), ("log_scale", .logScale), ("scale", .scale), ("variance", .variance),
  ]
  private static let keys: Set<String> = [
    "encoder", "decoder", "mean", "log_variance", "log_scale", "scale", "variance", "activation", "input_shape",
    "latent_shape", "likelihood", "divide_by", "binarize", "invert", "comment",
  ]

  init(_ value: JSONValue, file: String) throws {
    func problem(_ place: String, _ expected: String, _ found: JSONValue?) -> ImportError {
      ImportError(
        .badConfiguration, file: file, place: place, "the description of the weights is incomplete or wrong",
        expected: expected, found: found?.summary ?? "nothing")
    }
    func items(_ key: String) throws -> [Item] {
      guard let values = value[key]?.array else { throw problem(key, "a list of layers", value[key]) }
      return try values.map { try item($0, key) }
    }
    func item(_ value: JSONValue, _ place: String) throws -> Item {
      if let name = value.string { return Item(layer: name, className: nil, config: [:], isShort: true) }
      guard let members = value.object, value["layer"]?.string != nil || value["class"]?.string != nil else {
        throw problem(place, "a layer's name, or an object with a layer or a class", value)
      }
      return Item(
        layer: value["layer"]?.string, className: value["class"]?.string,
        config: members.filter { $0.key != "layer" && $0.key != "class" }, isShort: false)
    }
    guard let members = value.object else { throw problem("/", "an object", value) }
    if let unknown = members.keys.sorted().first(where: { !KerasDescription.keys.contains($0) }) {
      throw problem(unknown, "one of " + KerasDescription.keys.sorted().joined(separator: ", "), .string(unknown))
    }
    encoder = try items("encoder")
    decoder = try items("decoder")
    guard let meanValue = value["mean"] else { throw problem("mean", "a layer", nil) }
    mean = try item(meanValue, "mean")
    let scales = KerasDescription.scaleKeys.filter { value[$0.0] != nil }
    guard scales.count == 1, let (key, name) = scales.first, let scaleValue = value[key] else {
      throw problem(
        "log_variance", "exactly one of " + KerasDescription.scaleKeys.map(\.0).joined(separator: ", "),
        .array(scales.map { .string($0.0) }))
    }
    scale = try item(scaleValue, key)
    scaleName = name
    activation = value["activation"]?.string
    inputShape = value["input_shape"]?.integers
    latentShape = value["latent_shape"]?.integers
    divideBy = value["divide_by"]?.double
    invert = value["invert"]?.bool
    if let text = value["likelihood"]?.string {
      guard let parsed = KerasLikelihood(text) else {
        throw problem("likelihood", KerasLikelihood.choices.joined(separator: ", "), value["likelihood"])
      }
      likelihood = parsed
    }
    if let text = value["binarize"]?.string {
      guard let parsed = Binarization(rawValue: text) else {
        throw problem("binarize", Binarization.allCases.map(\.rawValue).joined(separator: ", "), value["binarize"])
      }
      binarize = parsed
    }
  }

  /// A description made out of nothing but names and shapes.
  init(encoder: [String], decoder: [String], mean: String, scale: String, scaleName: ParameterName, activation: String)
  {
    func short(_ name: String) -> Item { Item(layer: name, className: nil, config: [:], isShort: true) }
    self.encoder = encoder.map(short)
    self.decoder = decoder.map(short)
    self.mean = short(mean)
    self.scale = short(scale)
    self.scaleName = scaleName
    self.activation = activation
    if let last = self.decoder.indices.last {
      self.decoder[last].isShort = false
      self.decoder[last].config["activation"] = .string("sigmoid")
    }
  }

  /// The options, with what the description says where the caller says nothing.
  func completing(_ options: KerasImportOptions) -> KerasImportOptions {
    var result = options
    result.likelihood = options.likelihood ?? likelihood
    result.divideBy = options.divideBy ?? divideBy
    result.binarize = options.binarize ?? binarize
    result.inputShape = options.inputShape ?? inputShape
    result.invert = options.invert || invert ?? false
    return result
  }
}
