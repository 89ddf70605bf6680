import HDF5

/// Weights in groups named after layers, as Keras 1, Keras 2 and the legacy format of Keras 3 store them.
///
/// The weights of a model inside the model are all in the group of the inner model, under names such as
/// `z_mean/kernel:0`; Keras itself goes by their order, this goes by names first.
struct NamedWeights {
  /// The weights of one directory of names inside a layer's group.
  struct Part {
    /// The directories of the weights' names.
    var directory: [String]
    var variables: [KerasVariable]
  }

  /// A group.
  struct Layer {
    var name: String
    var path: String
    var parts: [Part]
  }

  let file: String
  let layers: [Layer]

  init(_ root: Group, layerNames: [String]) throws {
    file = root.file.name
    layers = try layerNames.map { name in
      let group = try root.group(name)
      var parts: [Part] = []
      for weight in try group.splitStrings("weight_names") ?? [] {
        let (directory, variable) = NamedWeights.split(weight, layer: name)
        let stored = KerasVariable(name: variable, dataset: try group.dataset(weight))
        if let index = parts.firstIndex(where: { $0.directory == directory }) {
          parts[index].variables.append(stored)
        } else {
          parts.append(Part(directory: directory, variables: [stored]))
        }
      }
      return Layer(name: name, path: group.path, parts: parts)
    }
  }

  /// The directories and the variable of a weight's name: `z_mean/kernel:0`, or `dense_1_W` in Keras 1.
  static func split(_ weight: String, layer: String) -> (directory: [String], variable: String) {
    var components = weight.split(separator: "/").map(String.init)
    var variable = components.popLast() ?? weight
    if let colon = variable.lastIndex(of: ":") { variable = String(variable[..<colon]) }
    for (suffix, modern) in firstGenerationSuffixes where components.isEmpty && variable.hasSuffix(suffix) {
      let owner = String(variable.dropLast(suffix.count))
      return ([owner.isEmpty ? layer : owner], modern)
    }
    return (components.isEmpty ? [layer] : components, variable)
  }

  private static let firstGenerationSuffixes = [
    ("_W", "kernel"), ("_b", "bias"), ("_gamma", "gamma"), ("_beta", "beta"), ("_running_mean", "moving_mean"),
    ("_running_std", "moving_variance"), ("_alphas", "alpha"),
  ]

  func entries() -> [KerasWeightEntry] {
    layers.flatMap { layer in
      layer.parts.map { part in
        let inner = part.directory.drop { $0 == layer.name }
        return KerasWeightEntry(
          path: [layer.name] + inner, weights: weights(part, layer))
      }
    }
  }

  private func weights(_ part: Part, _ layer: Layer) -> KerasLayerWeights {
    KerasLayerWeights(
      place: layer.path == "/" ? part.directory.joined(separator: "/") : layer.path, variables: part.variables)
  }

  func assigned(to model: KerasModel, notes: inout [KerasAssumption]) throws -> [String: KerasLayerWeights] {
    // The configuration may be that of one model of several in the file.
    if let whole = layers.first(where: { $0.name == model.name }),
      !model.layers.contains(where: { $0.name == model.name })
    {
      return try assigned(whole.parts.map { weights($0, whole) }, whole.parts.map(\.directory), to: model, "", &notes)
    }
    var result: [String: KerasLayerWeights] = [:]
    var missing: [KerasLayer] = []
    var unused = layers.filter { !$0.parts.isEmpty }
    for layer in model.layers where !NamedWeights.weighted(layer, "").isEmpty {
      if let index = unused.firstIndex(where: { $0.name == layer.name }) {
        try merge(unused.remove(at: index), into: layer, &result, &notes)
      } else if !layers.contains(where: { $0.name == layer.name }) {
        missing.append(layer)
      }
    }
    guard !missing.isEmpty else { return result }
    // Names made up by Keras (dense_7) differ from one session to the next; the order does not.
    guard missing.count == unused.count else {
      let first = missing[0]
      throw ImportError(
        .missingWeights, file: file, place: first.name, "the file has no weights for the layer \(first.title)",
        expected: "a group \(first.name)", found: layers.prefix(12).map(\.name).joined(separator: ", "))
    }
    notes.append(
      .init(
        "the weights of \(missing.map(\.name).joined(separator: ", ")) are taken, in order, from "
          + unused.map(\.name).joined(separator: ", ")))
    for (layer, group) in zip(missing, unused) { try merge(group, into: layer, &result, &notes) }
    return result
  }

  private func merge(
    _ group: Layer, into layer: KerasLayer, _ result: inout [String: KerasLayerWeights],
    _ notes: inout [KerasAssumption]
  ) throws {
    if let inner = layer.model {
      let found = try assigned(
        group.parts.map { weights($0, group) }, group.parts.map(\.directory), to: inner, layer.name, &notes)
      result.merge(found) { first, _ in first }
    } else {
      result[layer.name] = KerasLayerWeights(place: group.path, variables: group.parts.flatMap(\.variables))
    }
  }

  /// Gives the weights of a model's group to the layers in it: by name, or else in order.
  private func assigned(
    _ parts: [KerasLayerWeights], _ directories: [[String]], to model: KerasModel, _ prefix: String,
    _ notes: inout [KerasAssumption]
  ) throws -> [String: KerasLayerWeights] {
    let layers = model.layers.flatMap { NamedWeights.weighted($0, prefix) }
    var result: [String: KerasLayerWeights] = [:]
    var unused = Array(parts.indices)
    var missing: [(path: String, layer: KerasLayer)] = []
    for (path, layer) in layers {
      let components = path.split(separator: "/").map(String.init)
      // Two inner models may each have a layer of the same name: the longest agreement wins.
      let matching = unused.filter { directories[$0].last == layer.name }
      let best = matching.max { agreement(directories[$0], components) < agreement(directories[$1], components) }
      if let best {
        result[path] = parts[best]
        unused.removeAll { $0 == best }
      } else {
        missing.append((path, layer))
      }
    }
    guard !missing.isEmpty else { return result }
    guard missing.count == unused.count else {
      throw ImportError(
        .missingWeights, file: file, place: missing[0].path,
        "the file has no weights for the layer \(missing[0].layer.title)",
        found: directories.prefix(12).compactMap(\.last).joined(separator: ", "))
    }
    notes.append(
      .init(
        "the weights of \(missing.map(\.path).joined(separator: ", ")) are taken, in order, from "
          + unused.compactMap { directories[$0].last }.joined(separator: ", ")))
    for (layer, index) in zip(missing, unused) { result[layer.path] = parts[index] }
    return result
  }

  private func agreement(_ directory: [String], _ path: [String]) -> Int {
    zip(directory.reversed(), path.reversed()).prefix { $0 == $1 }.count
  }

  /// The layers with weights, with their paths, that a layer is or contains.
  private static func weighted(_ layer: KerasLayer, _ prefix: String) -> [(path: String, layer: KerasLayer)] {
    let path = prefix.isEmpty ? layer.name : prefix + "/" + layer.name
    if let model = layer.model { return model.layers.flatMap { weighted($0, path) } }
    return KerasLayerKind.variables(of: layer)?.isEmpty == false ? [(path, layer)] : []
  }
}
