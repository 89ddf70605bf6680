import HDF5

/// The weights of Keras 3: groups in the shape of the objects, `layers/dense_1/vars/0`.
///
/// The groups are not named after the layers but after their classes, counted within each model.
struct TreeWeights {
  let root: Group
  let file: String

  /// Where the layers of a model are; the second is how early tf.keras wrote it.
  private static let containers = ["layers", "_layer_checkpoint_dependencies"]

  static func isTree(_ group: Group) throws -> Bool {
    try group.hasGroup(named: "vars", levels: 8)
  }

  /// Keras' own spelling of a class name in lower case: `Conv2DTranspose` is `conv2d_transpose`.
  static func snakeCase(_ className: String) -> String {
    let letters = className.filter { $0.isLetter || $0.isNumber || $0 == "_" }
    // "(.)([A-Z][a-z]+)" → "\1_\2", then "([a-z])([A-Z])" → "\1_\2", as Keras substitutes.
    let words = letters.replacing(#/(.)([A-Z][a-z]+)/#) { "\($0.1)_\($0.2)" }
    return words.replacing(#/([a-z])([A-Z])/#) { "\($0.1)_\($0.2)" }.lowercased()
  }

  func assigned(to model: KerasModel) throws -> [String: KerasLayerWeights] {
    var result: [String: KerasLayerWeights] = [:]
    try assign(model, base(of: model), prefix: "", &result)
    return result
  }

  /// The group of a model: the root, or the attribute of a model of the author's own class that bears its name.
  private func base(of model: KerasModel) throws -> Group {
    if try container(of: root) == nil, try root.hasChild(model.name) { return try root.group(model.name) }
    return root
  }

  private func container(of group: Group) throws -> Group? {
    for name in TreeWeights.containers where try group.hasChild(name) { return try group.group(name) }
    return nil
  }

  private func assign(
    _ model: KerasModel, _ group: Group, prefix: String, _ result: inout [String: KerasLayerWeights]
  ) throws {
    let container = try container(of: group)
    var counts: [String: Int] = [:]
    for layer in model.layers {
      let path = prefix.isEmpty ? layer.name : prefix + "/" + layer.name
      let base = TreeWeights.snakeCase(layer.className)
      let count = counts[base, default: 0]
      counts[base] = count + 1
      let name = count == 0 ? base : "\(base)_\(count)"
      // The parts of a model of the author's own class are its attributes.
      let place = container ?? group
      let found = try [name, layer.name].first { try place.hasChild($0) }
      if let inner = layer.model {
        guard let found else {
          throw ImportError(
            .missingWeights, file: file, place: path, "the file has no weights for the model \(layer.title)",
            expected: "a group \(name) in \(place.path)")
        }
        try assign(inner, place.group(found), prefix: path, &result)
      } else if let found {
        var stored = try place.group(found)
        // A wrapper keeps its layer's variables below itself.
        if layer.className == "TimeDistributed", try stored.hasChild("layer") { stored = try stored.group("layer") }
        if let weights = try variables(of: stored, KerasLayerKind.variables(of: layer)) { result[path] = weights }
      }
    }
  }

  /// The variables of a layer's group; nil where it has none.
  private func variables(of group: Group, _ names: [String]?) throws -> KerasLayerWeights? {
    guard try group.hasChild("vars") else { return nil }
    let vars = try group.group("vars")
    let numbers = try vars.children().filter { $0.kind == .dataset }.compactMap { Int($0.name) }.sorted()
    guard !numbers.isEmpty else { return nil }
    let isUsual = names?.count == numbers.count
    return KerasLayerWeights(
      place: vars.path,
      variables: try numbers.enumerated().map { index, number in
        KerasVariable(
          name: isUsual ? names?[index] ?? "\(number)" : "\(number)", dataset: try vars.dataset("\(number)"))
      })
  }

  func entries() throws -> [KerasWeightEntry] {
    var entries: [KerasWeightEntry] = []
    try collect(root, path: [], depth: 0, &entries)
    return entries
  }

  /// - Parameter isListed: Whether the group is in a list of layers, under the name of its class. Elsewhere it bears the name
  ///   of the attribute that the author gave to it, which tells more than one that Keras made up.
  private func collect(
    _ group: Group, path: [String], depth: Int, isListed: Bool = false, _ entries: inout [KerasWeightEntry]
  ) throws {
    guard depth < 32 else {
      throw ImportError(.tooLarge, file: file, place: group.path, "the groups are nested too deeply")
    }
    if var weights = try variables(of: group, nil) {
      let stored = try group.group("vars")
      // Later versions of Keras 3 note the layer's name here.
      let name = try stored.attributeType("name") == .string ? try stored.string("name") : nil
      weights = KerasLayerWeights(place: weights.place, variables: TreeWeights.named(weights.variables))
      entries.append(
        KerasWeightEntry(
          path: path.dropLast() + [(isListed ? name : nil) ?? path.last ?? "model"], weights: weights,
          keras: isListed ? nil : name))
    }
    for child in try group.children().filter({ $0.kind == .group && $0.name != "vars" })
      .sorted(by: { TreeWeights.isBefore($0.name, $1.name) })
    {
      let isContainer = TreeWeights.containers.contains(child.name)
      try collect(
        group.group(child.name), path: isContainer ? path : path + [child.name], depth: depth + 1,
        isListed: TreeWeights.containers.contains(group.path.split(separator: "/").last.map(String.init) ?? ""),
        &entries)
    }
  }

  /// Numbers count as numbers: dense_2 before dense_10.
  private static func isBefore(_ a: String, _ b: String) -> Bool {
    func key(_ name: String) -> (String, Int) {
      let parts = name.split(separator: "_")
      guard let last = parts.last, let number = Int(last) else { return (name, 0) }
      return (parts.dropLast().joined(separator: "_"), number)
    }
    return key(a) < key(b)
  }

  /// The names that variables have by their shapes, where no configuration says what they are.
  private static func named(_ variables: [KerasVariable]) -> [KerasVariable] {
    let ranks = variables.map(\.dataset.shape.count)
    let names: [String]? =
      switch ranks {
      case [2], [4]: ["kernel"]
      case [2, 1], [4, 1]: ["kernel", "bias"]
      case [1, 1, 1, 1]: ["gamma", "beta", "moving_mean", "moving_variance"]
      case [1, 1]: ["gamma", "beta"]
      default: nil
      }
    guard let names else { return variables }
    return zip(names, variables).map { KerasVariable(name: $0, dataset: $1.dataset) }
  }
}
