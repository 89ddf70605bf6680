import HDF5

/// A dataset of weights and the name that Keras gave to it.
struct KerasVariable {
  let name: String
  let dataset: Dataset
}

/// The variables of one layer.
struct KerasLayerWeights {
  /// Where they are, for messages.
  let place: String
  /// In the order in which Keras stores them.
  let variables: [KerasVariable]
  /// Names and shapes, for messages.
  var shapes: String {
    variables.map { "\($0.name) \($0.dataset.shape)" }.joined(separator: ", ")
  }
}

/// A layer as a weights-only file knows it.
struct KerasWeightEntry {
  /// The models around it, and its name.
  let path: [String]
  let weights: KerasLayerWeights
  /// The name that Keras gave to it, where the file has it beside the author's: `dense_3`.
  var keras: String?
  var name: String { path.last ?? "" }

  /// Whether a name, with or without the models around it, is this layer's.
  func isNamed(_ name: String) -> Bool {
    let wanted = name.split(separator: "/").map(String.init)
    return !wanted.isEmpty && path.suffix(wanted.count).elementsEqual(wanted)
  }
}

/// The weights of a file, in either of Keras' two organizations.
enum KerasWeights {
  /// Keras 1, Keras 2 and the legacy format of Keras 3: groups named after layers.
  case named(NamedWeights)
  /// Keras 3: a tree in the shape of the objects, without names.
  case tree(TreeWeights)

  /// The weights of an HDF5 file.
  init(_ file: File) throws {
    var root = try file.root
    if try root.hasChild("model_weights") { root = try root.group("model_weights") }
    if let names = try root.splitStrings("layer_names") {
      self = .named(try NamedWeights(root, layerNames: names))
    } else if try TreeWeights.isTree(root) {
      self = .tree(TreeWeights(root: root, file: file.name))
    } else {
      throw ImportError(
        .notACheckpoint, file: file.name, place: root.path, "this HDF5 file was not written by Keras",
        expected: "the attribute layer_names, or groups named layers and vars")
    }
  }

  /// The weights of each layer of a model, by its path.
  func assigned(to model: KerasModel, notes: inout [KerasAssumption]) throws -> [String: KerasLayerWeights] {
    switch self {
    case .named(let weights): try weights.assigned(to: model, notes: &notes)
    case .tree(let weights): try weights.assigned(to: model)
    }
  }

  /// Every layer with weights, in the file's order.
  func entries() throws -> [KerasWeightEntry] {
    switch self {
    case .named(let weights): weights.entries()
    case .tree(let weights): try weights.entries()
    }
  }
}

extension Object {
  /// An attribute's strings; those of a long attribute are split over name0, name1, …
  func splitStrings(_ name: String) throws -> [String]? {
    if let type = try attributeType(name) {
      // Without weights, Keras writes an empty list of floats.
      return type == .string ? try strings(name) : []
    }
    var parts: [String] = []
    var index = 0
    while try attributeType("\(name)\(index)") == .string, let part = try strings("\(name)\(index)") {
      parts += part
      index += 1
    }
    return index == 0 ? nil : parts
  }
}
