import HDF5
import JSON
import Models

/// Makes models out of a weights-only file and its description, as if Keras had written their configuration.
struct DescribedModel {
  private let description: KerasDescription
  private let file: KerasFile
  private let entries: [KerasWeightEntry]
  private(set) var notes: [KerasAssumption] = []
  private var weights: [String: KerasLayerWeights] = [:]
  private var names: Set<String> = []
  /// The channels that the last layer made, where they are known.
  private var channels: Int?
  /// Whether the last layer made images.
  private var isImage = false

  init(_ description: KerasDescription, entries: [KerasWeightEntry], file: KerasFile) {
    self.description = description
    self.entries = entries
    self.file = file
  }

  /// The encoder, with its mean and its scale as outputs, and the decoder.
  mutating func units(inputShape: [Int]?) throws -> (encoder: KerasUnit, decoder: KerasUnit) {
    var layers: [KerasLayer] = []
    channels = nil
    isImage = inputShape?.count == 3
    if isImage { channels = inputShape?.last }
    let size = try firstInput(description.encoder + [description.mean])
    let shape = inputShape ?? size.map { [$0] }
    guard let shape else {
      throw problem(nil, "the shape of the input is not known", expected: "input_shape", remedy: .sayInputShape)
    }
    for item in description.encoder { try append(item, to: &layers, inEncoder: true) }
    let (trunkChannels, trunkIsImage) = (channels, isImage)
    var heads: [KerasLayer] = []
    for item in [description.mean, description.scale] {
      (channels, isImage) = (trunkChannels, trunkIsImage)
      var own: [KerasLayer] = []
      var plain = item
      plain.isShort = false
      try append(plain, to: &own, inEncoder: true)
      heads += own
    }
    let latents = description.latentShape ?? channels.map { [$0] }
    let encoder = KerasUnit(
      model: try model("encoder", shape: shape, layers, heads: heads), weights: weights, file: file.path,
      weightsFile: file.path, backend: file.backend)
    weights = [:]
    names = []
    guard let latents else { throw problem(nil, "the shape of z is not known", expected: "latent_shape") }
    var decoding: [KerasLayer] = []
    channels = latents.last
    isImage = latents.count == 3
    let last = description.decoder.lastIndex { $0.layer != nil }
    for (index, item) in description.decoder.enumerated() {
      // What all layers have is not what an output has.
      var item = item
      if index == last { item.isShort = false }
      try append(item, to: &decoding, inEncoder: false)
    }
    let decoder = KerasUnit(
      model: try model("decoder", shape: latents, decoding, heads: []), weights: weights, file: file.path,
      weightsFile: file.path, backend: file.backend)
    return (encoder, decoder)
  }

  private func problem(
    _ place: String?, _ message: String, expected: String? = nil, found: String? = nil, remedy: KerasRemedy? = nil
  ) -> ImportError {
    ImportError(.undecided, file: file.path, place: place, message, expected: expected, found: found, remedy: remedy)
  }

  /// The size of a first layer that is fully connected.
  private func firstInput(_ items: [KerasDescription.Item]) throws -> Int? {
    guard let name = items.first(where: { $0.layer != nil })?.layer else { return nil }
    let shape = try entry(name).weights.variables.first?.dataset.shape
    return shape?.count == 2 ? shape?.first : nil
  }

  private func entry(_ name: String) throws -> KerasWeightEntry {
    let named = entries.filter { $0.isNamed(name) }
    let whole = named.filter { $0.path.joined(separator: "/") == name }
    let found = whole.isEmpty ? named : whole
    guard found.count == 1, let entry = found.first else {
      let all = (found.isEmpty ? entries : found).prefix(24).map { $0.path.joined(separator: "/") }
      throw ImportError(
        .missingWeights, file: file.path, place: name,
        found.isEmpty
          ? "the file has no weights for this layer of the description"
          : "several layers of the file have this name: give more of the path",
        found: all.joined(separator: ", "))
    }
    return entry
  }

  private mutating func append(_ item: KerasDescription.Item, to layers: inout [KerasLayer], inEncoder: Bool) throws {
    var config = item.config
    guard let name = item.layer else {
      let className = item.className ?? ""
      if className == "Flatten" { (channels, isImage) = (nil, false) }
      if className == "Reshape", let shape = config["target_shape"]?.integers {
        (channels, isImage) = (shape.last, shape.count == 3)
      }
      if className.hasPrefix("Global") { isImage = false }
      layers.append(layer(unique(className.lowercased()), className, config))
      return
    }
    let entry = try entry(name)
    let className = try item.className ?? className(of: entry, inEncoder: inEncoder)
    let variables = entry.weights.variables
    let hasKernel = variables.first?.name.hasSuffix("kernel") ?? false
    if hasKernel {
      config["use_bias"] = config["use_bias"] ?? .bool(variables.contains { $0.name == "bias" })
      if item.isShort { config["activation"] = description.activation.map { .string($0) } }
    } else {
      config["scale"] = .bool(variables.contains { $0.name == "gamma" })
      config["center"] = .bool(variables.contains { $0.name == "beta" })
    }
    let shape = variables.first?.dataset.shape ?? []
    if className == "Dense", isImage, shape.count == 2, shape[0] != channels {
      notes.append("the image is flattened before \(name)")
      layers.append(layer(unique("flatten"), "Flatten", [:]))
      isImage = false
    }
    if hasKernel {
      channels = className.contains("Transpose") ? shape.dropFirst(2).first : shape.last
      isImage = isImage || shape.count == 4
    }
    let path = unique(entry.name)
    weights[path] = entry.weights
    layers.append(layer(path, className, config))
  }

  private func layer(_ name: String, _ className: String, _ config: [String: JSONValue]) -> KerasLayer {
    KerasLayer(name: name, className: className, module: nil, config: JSONValue(config), calls: [], model: nil)
  }

  private mutating func unique(_ name: String) -> String {
    var result = name
    var count = 0
    while !names.insert(result).inserted {
      count += 1
      result = "\(name)_\(count)"
    }
    return result
  }

  /// The class that weights belong to, by their names and shapes.
  private func className(of entry: KerasWeightEntry, inEncoder: Bool) throws -> String {
    let variables = entry.weights.variables
    let names = Set(variables.map(\.name))
    if names.contains("moving_mean") { return "BatchNormalization" }
    if names.isSubset(of: ["gamma", "beta"]) { return "LayerNormalization" }
    let shape = variables.first?.dataset.shape ?? []
    if shape.count == 2 { return "Dense" }
    guard shape.count == 4, names.isSubset(of: ["kernel", "bias"]) else {
      throw problem(
        entry.path.joined(separator: "/"), "the class of this layer is not clear from its weights",
        expected: "a class in the description", found: entry.weights.shapes)
    }
    let name = entry.name.lowercased()
    if name.contains("transpose") || name.contains("deconv") { return "Conv2DTranspose" }
    if let channels, shape[2] != shape[3] {
      if shape[2] == channels { return "Conv2D" }
      if shape[3] == channels { return "Conv2DTranspose" }
    }
    if name.hasPrefix("conv2d") || inEncoder { return "Conv2D" }
    throw problem(
      entry.path.joined(separator: "/"), "this may be a convolution or a transposed one",
      expected: "\"class\": \"Conv2D\" or \"Conv2DTranspose\" in the description", found: entry.weights.shapes)
  }

  /// Layers one after another, then the heads side by side.
  private func model(
    _ name: String, shape: [Int], _ layers: [KerasLayer], heads: [KerasLayer]
  ) throws -> KerasModel {
    var all = [
      layer(
        "input", "InputLayer", ["batch_shape": .array([.null] + shape.map { .number(Double($0)) })])
    ]
    func called(_ layer: KerasLayer, with previous: String) -> KerasLayer {
      var layer = layer
      layer.calls = [KerasCall(inputs: [KerasTensor(layer: previous, call: 0, output: 0)], constants: [:])]
      return layer
    }
    for layer in layers { all.append(called(layer, with: all.last?.name ?? "input")) }
    let last = all.last?.name ?? "input"
    var previous = last
    var outputs: [String] = []
    for head in heads {
      // A head may have a flattening of its own before it.
      all.append(called(head, with: previous))
      let isHead = head.className != "Flatten"
      previous = isHead ? last : head.name
      if isHead { outputs.append(head.name) }
    }
    if heads.isEmpty { outputs = [last] }
    return KerasModel(
      name: name, className: "Functional", layers: all,
      inputs: [KerasTensor(layer: "input", call: 0, output: 0)],
      outputs: outputs.map { KerasTensor(layer: $0, call: 0, output: 0) }, isSequential: false)
  }
}

extension KerasDescription {
  /// A description of fully connected layers alone, guessed from names and shapes; nil where that is not enough.
  static func guess(_ entries: [KerasWeightEntry], _ options: KerasImportOptions) -> KerasDescription? {
    func path(_ entry: KerasWeightEntry) -> String { entry.path.joined(separator: "/") }
    guard !entries.isEmpty, entries.allSatisfy({ WeightOrder.size($0) != nil }) else { return nil }
    let means = entries.indices.filter { index in
      options.mean.map { entries[index].isNamed($0) } ?? (UsualNames.role(entries[index].name) == .mean)
    }
    let said: [(String?, ParameterName)] = [
      (options.logVariance, .logVariance), (options.logScale, .logScale), (options.scale, .scale),
    ]
    let scales = entries.indices.compactMap { index -> (Int, ParameterName)? in
      if let option = said.first(where: { $0.0 != nil }) {
        return entries[index].isNamed(option.0 ?? "") ? (index, option.1) : nil
      }
      guard case .scale(let name)? = UsualNames.role(entries[index].name) else { return nil }
      return (index, name)
    }
    guard means.count == 1, scales.count == 1, let mean = means.first, let (scale, name) = scales.first,
      name == .logVariance || name == .logScale
    else { return nil }
    let heads = [mean, scale]
    let others = entries.indices.filter { !heads.contains($0) }
    func isDecoder(_ index: Int) -> Bool {
      if let decoder = options.decoder { return entries[index].path.contains(decoder) }
      let groups = entries[index].path.dropLast()
      if groups.contains(where: UsualNames.isDecoder) { return true }
      // In the order of the file: encoder, heads, decoder.
      return !groups.contains(where: UsualNames.isEncoder) && index > max(mean, scale)
    }
    let latents = WeightOrder.size(entries[mean])?.outputs
    let decoder = WeightOrder.likely(others.filter(isDecoder).map { entries[$0] }, from: latents)
    let encoder = WeightOrder.likely(
      others.filter { !isDecoder($0) }.map { entries[$0] }, from: decoder.last.flatMap(WeightOrder.size)?.outputs)
    let inputs = WeightOrder.size(encoder.first ?? entries[mean])?.inputs
    guard WeightOrder.end(of: encoder, from: inputs) == WeightOrder.size(entries[mean])?.inputs, !decoder.isEmpty,
      WeightOrder.end(of: decoder, from: latents) == inputs, WeightOrder.size(entries[scale])?.outputs == latents
    else { return nil }
    return KerasDescription(
      encoder: encoder.map(path), decoder: decoder.map(path), mean: path(entries[mean]), scale: path(entries[scale]),
      scaleName: name, activation: "relu")
  }
}
