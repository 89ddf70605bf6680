import HDF5
import JSON
import Models

/// A description of everything that a weights-only file holds, as far as names and shapes tell, to be completed by hand.
struct KerasDraft {
  let entries: [KerasWeightEntry]
  let options: KerasImportOptions

  /// The description.
  var json: JSONValue {
    let mean = index(named: options.mean) ?? entries.indices.first { UsualNames.role(entries[$0].name) == .mean }
    let said = scaleOption
    let named = entries.indices.lazy.compactMap { index -> (Int, ParameterName)? in
      guard case .scale(let name)? = UsualNames.role(self.entries[index].name) else { return nil }
      return (index, name)
    }.first
    let scale = said ?? named
    let heads = [mean, scale?.0].compactMap(\.self)
    let others = entries.indices.filter { !heads.contains($0) }
    let latents = mean.flatMap { WeightOrder.size(entries[$0])?.outputs }
    let isDecoding = others.map { isDecoder($0, after: heads.max()) }
    let decoding = WeightOrder.likely(zip(others, isDecoding).filter(\.1).map { entries[$0.0] }, from: latents)
    let encoding = WeightOrder.likely(
      zip(others, isDecoding).filter { !$0.1 }.map { entries[$0.0] },
      from: decoding.last.flatMap(WeightOrder.size)?.outputs)
    func items(_ entries: [KerasWeightEntry], endsIn last: String?) -> JSONValue {
      let weighted = entries.lastIndex { hasKernel($0) }
      return .array(entries.indices.map { item(entries[$0], activation: $0 == weighted ? last ?? "relu" : "relu") })
    }
    let key = KerasDescription.scaleKeys.first { $0.1 == scale?.1 }?.0 ?? "log_variance"
    let draft: JSONValue = [
      "comment": .string(
        "a draft: complete it. Weights tell neither activations, strides and paddings nor what comes after what; layers "
          + "without weights (Flatten, Reshape, MaxPooling2D, …) are missing: {\"class\": \"Flatten\"}. docs/keras.md has the keys"
      ),
      "input_shape": .array(
        (inputSize(encoding.first ?? mean.map { entries[$0] }) ?? []).map { JSONValue.integer($0) }),
      "encoder": items(encoding, endsIn: nil),
      "mean": .string(mean.map(path) ?? "WHICH LAYER?"),
      key: .string(scale.map { path($0.0) } ?? "WHICH LAYER?"),
      "decoder": items(decoding, endsIn: "sigmoid"),
    ]
    return draft.removingEmptyLists
  }

  private func path(_ index: Int) -> String { entries[index].path.joined(separator: "/") }

  private func index(named name: String?) -> Int? {
    guard let name else { return nil }
    return entries.indices.first { entries[$0].isNamed(name) }
  }

  private var scaleOption: (Int, ParameterName)? {
    let said: [(String?, ParameterName)] = [
      (options.logVariance, .logVariance), (options.logScale, .logScale), (options.scale, .scale),
    ]
    return said.lazy.compactMap { name, parameter in index(named: name).map { ($0, parameter) } }.first
  }

  private func isDecoder(_ index: Int, after heads: Int?) -> Bool {
    let groups = entries[index].path.dropLast()
    if let decoder = options.decoder { return entries[index].path.contains(decoder) }
    if groups.contains(where: UsualNames.isDecoder) { return true }
    if groups.contains(where: UsualNames.isEncoder) { return false }
    return UsualNames.isDecoder(entries[index].name) || heads.map { index > $0 } ?? false
  }

  private func hasKernel(_ entry: KerasWeightEntry) -> Bool {
    (entry.weights.variables.first?.dataset.shape.count ?? 0) > 1
  }

  private func inputSize(_ first: KerasWeightEntry?) -> [Int]? { first.flatMap(WeightOrder.size).map { [$0.inputs] } }

  /// A layer, with what its weights tell and what its class asks for.
  private func item(_ entry: KerasWeightEntry, activation: String) -> JSONValue {
    let variables = entry.weights.variables
    let shape = variables.first?.dataset.shape ?? []
    let name = entry.name.lowercased()
    let layer = JSONValue.string(entry.path.joined(separator: "/"))
    switch shape.count {
    case 2: return ["layer": layer, "activation": .string(activation)]
    case 3:
      return ["layer": layer, "class": "Conv1D", "strides": 1, "padding": "same", "activation": .string(activation)]
    case 4:
      let isTransposed = name.contains("transpose") || name.contains("deconv")
      return [
        "layer": layer, "class": .string(isTransposed ? "Conv2DTranspose" : "Conv2D"), "strides": 1, "padding": "same",
        "activation": .string(activation),
      ]
    case 1 where variables.count == 4: return ["layer": layer, "class": "BatchNormalization"]
    case 1 where variables.count == 2: return ["layer": layer, "class": "LayerNormalization"]
    default: return ["layer": layer, "class": "WHICH CLASS?"]
    }
  }
}

extension JSONValue {
  /// The object without members that are empty lists.
  fileprivate var removingEmptyLists: JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.value != .array([]) || $0.key == "encoder" || $0.key == "decoder" })
  }
}

extension KerasImport {
  /// A description (docs/keras.md) of what files with weights only hold, to be completed by hand and given beside them.
  ///
  /// - Throws: `ImportError` where the files hold no weights; `HDF5Error` for files that can't be read.
  public static func draft(files: [String], options: KerasImportOptions = KerasImportOptions()) throws -> String {
    let opened = try files.map { try KerasFile(path: $0) }
    let entries = try opened.flatMap { try $0.weights?.entries() ?? [] }
    guard !entries.isEmpty else {
      throw ImportError(
        .missingWeights, file: files.first ?? "", "there are no weights to describe",
        expected: "a .h5 or .weights.h5 file")
    }
    try options.requireNames(in: entries, file: opened[0].path)
    return KerasDraft(entries: entries, options: options).json.text + "\n"
  }
}
