import HDF5

/// In which order the layers of a file with weights only follow one another, as far as that can be told.
enum WeightOrder {
  /// What a fully connected layer takes and gives; nil for other layers.
  static func size(_ entry: KerasWeightEntry) -> (inputs: Int, outputs: Int)? {
    guard let shape = entry.weights.variables.first?.dataset.shape, shape.count == 2 else { return nil }
    return (shape[0], shape[1])
  }

  /// Layers in the order in which Keras made them, where the file tells it; then one after another by their sizes, where
  /// that order does not fit and only one does; otherwise as they are.
  static func likely(_ entries: [KerasWeightEntry], from inputs: Int?) -> [KerasWeightEntry] {
    let layers = made(entries)
    guard let inputs, end(of: layers, from: inputs) == nil else { return layers }
    var left = layers
    var result: [KerasWeightEntry] = []
    var current = inputs
    while !left.isEmpty {
      let next = left.indices.filter { size(left[$0])?.inputs == current }
      guard next.count == 1, let index = next.first, let outputs = size(left[index])?.outputs else { return layers }
      result.append(left.remove(at: index))
      current = outputs
    }
    return result
  }

  /// What the last of fully connected layers gives; nil where they don't follow one another.
  static func end(of layers: [KerasWeightEntry], from inputs: Int?) -> Int? {
    var current = inputs
    for layer in layers {
      guard let size = size(layer), current == nil || current == size.inputs else { return nil }
      current = size.outputs
    }
    return current
  }

  /// Keras numbers the layers of a class as they are made: dense, dense_1, dense_2.
  private static func made(_ entries: [KerasWeightEntry]) -> [KerasWeightEntry] {
    let numbered = entries.compactMap { entry in entry.keras.map { (entry, split($0)) } }
    guard numbered.count == entries.count, Set(numbered.map(\.1.base)).count == 1 else { return entries }
    return numbered.sorted { $0.1.number < $1.1.number }.map(\.0)
  }

  private static func split(_ name: String) -> (base: String, number: Int) {
    guard let line = name.lastIndex(of: "_"), let number = Int(name[name.index(after: line)...]) else {
      return (name, 0)
    }
    return (String(name[..<line]), number)
  }
}

extension KerasWeightEntry {
  /// Names and shapes of a few layers, for messages.
  static func list(_ entries: [KerasWeightEntry]) -> String {
    let shown = 16
    let names = entries.prefix(shown).map { entry in
      entry.path.joined(separator: "/") + (entry.weights.variables.first.map { " \($0.dataset.shape)" } ?? "")
    }
    return names.joined(separator: ", ") + (entries.count > shown ? " and \(entries.count - shown) more" : "")
  }
}

extension KerasImportOptions {
  /// Refuses names of heads that no layer of a file with weights only has.
  func requireNames(in entries: [KerasWeightEntry], file: String) throws {
    let names: [(KerasOption, String?)] = [
      (.mean, mean), (.logVariance, logVariance), (.logScale, logScale), (.scale, scale),
    ]
    for case (let option, let name?) in names where !entries.contains(where: { $0.isNamed(name) }) {
      throw ImportError(
        .undecided, file: file, place: name, "the file has no weights for the layer that \(option) names",
        expected: "the name of one of its layers", found: KerasWeightEntry.list(entries))
    }
  }
}
