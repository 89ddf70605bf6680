import JSON

/// Which model is the encoder, and which the decoder.
enum KerasRoles {
  /// One model with the sampler inside it.
  case whole(KerasUnit)
  case pair(encoder: KerasUnit, decoder: KerasUnit)

  init(_ sources: KerasSources, notes: inout [KerasAssumption]) throws {
    let units = sources.units
    let options = sources.options
    func unit(_ name: String?, _ role: String) throws -> KerasUnit? {
      guard let name else { return nil }
      let files = sources.files.filter { $0.stem == name || $0.path == name }
      if let found = units.lazy.compactMap({ $0.part(name) }).first
        ?? units.first(where: { unit in files.contains { $0.path == unit.file } })
      {
        return found
      }
      throw ImportError(
        .undecided, file: "", "what is named as \(role) is neither a model nor a file", expected: "one of the models",
        found: "\(name); there are " + units.flatMap { KerasRoles.names($0.model) }.joined(separator: ", "))
    }
    let encoder = try unit(options.encoder, "the encoder")
    let decoder = try unit(options.decoder, "the decoder")
    if let encoder, let decoder {
      self = .pair(encoder: encoder, decoder: decoder)
      return
    }
    if units.count == 1, let only = units.first, encoder == nil, decoder == nil {
      self = .whole(only)
      return
    }
    let rest = units.filter {
      $0.model.name != (encoder ?? decoder)?.model.name || $0.file != (encoder ?? decoder)?.file
    }
    func named(_ isRole: (String) -> Bool) -> KerasUnit? {
      let byModel = rest.filter { isRole($0.model.name) }
      if byModel.count == 1 { return byModel.first }
      let byFile = rest.filter { unit in sources.files.contains { $0.path == unit.file && isRole($0.stem) } }
      return byFile.count == 1 ? byFile.first : nil
    }
    var foundEncoder = encoder ?? named(UsualNames.isEncoder)
    var foundDecoder = decoder ?? named(UsualNames.isDecoder)
    if units.count == 2, foundEncoder == nil || foundDecoder == nil {
      if let known = foundDecoder { foundEncoder = rest.first { $0.isOther(than: known) } }
      if let known = foundEncoder { foundDecoder = foundDecoder ?? rest.first { $0.isOther(than: known) } }
      if foundEncoder == nil, let first = KerasRoles.bySize(units) {
        foundEncoder = first.encoder
        foundDecoder = first.decoder
        notes.append("\(first.encoder.model.name) is taken to be the encoder, by the sizes of the inputs")
      }
    }
    guard let foundEncoder, let foundDecoder else {
      let names = units.map { "\($0.model.name) (\($0.file))" }.joined(separator: ", ")
      throw ImportError(
        .undecided, file: "", "which model is the encoder and which the decoder is not clear",
        found: names.isEmpty ? "no model" : names, remedy: .nameModels)
    }
    for unit in units where unit.isOther(than: foundEncoder) && unit.isOther(than: foundDecoder) {
      notes.append("\(unit.model.name) of \(unit.file) is not used")
    }
    self = .pair(encoder: foundEncoder, decoder: foundDecoder)
  }

  private static func names(_ model: KerasModel) -> [String] {
    [model.name] + model.layers.flatMap { layer in layer.model.map(names) ?? [] }
  }

  /// The model with the smaller input takes z.
  private static func bySize(_ units: [KerasUnit]) -> (encoder: KerasUnit, decoder: KerasUnit)? {
    func size(_ unit: KerasUnit) -> Int? {
      let inputs = unit.model.leaves().filter { $0.layer.className == "InputLayer" }
      return inputs.count == 1 ? InputShape(inputs[0].layer).shape.flatMap { LayerTranslator.elements($0) } : nil
    }
    guard let a = size(units[0]), let b = size(units[1]), a != b else { return nil }
    return a > b ? (units[0], units[1]) : (units[1], units[0])
  }
}

extension KerasUnit {
  fileprivate func isOther(than unit: KerasUnit) -> Bool { model.name != unit.model.name || file != unit.file }
}

/// The shape of one example that an InputLayer takes.
struct InputShape {
  /// Extents; −1 where the configuration leaves one open.
  let extents: [Int]?

  init(_ layer: KerasLayer) {
    let config = layer.config
    let value = config["batch_input_shape"] ?? config["batch_shape"]
    if let batch = value?.array, !batch.isEmpty {
      extents = batch.dropFirst().map { $0.integer ?? -1 }
    } else {
      extents = (config["shape"] ?? config["input_shape"])?.array?.map { $0.integer ?? -1 }
    }
  }

  /// The shape, where it is known in full.
  var shape: [Int]? { extents.flatMap { !$0.isEmpty && $0.allSatisfy { $0 > 0 } ? $0 : nil } }
}
