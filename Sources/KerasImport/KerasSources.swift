import Models

/// The models in the files that were given, each with its weights.
struct KerasSources {
  private(set) var units: [KerasUnit] = []
  private(set) var options: KerasImportOptions
  private(set) var notes: [KerasAssumption] = []
  /// The posterior's scale, where a description says it.
  private(set) var described: ParameterName?
  let files: [KerasFile]

  init(_ files: [KerasFile], _ options: KerasImportOptions) throws {
    self.files = files
    self.options = options
    for file in files {
      if let model = file.model, let weights = file.weights { try add(model, file, weights, file) }
    }
    let weightsOnly = files.filter { $0.weights != nil && $0.model == nil }
    let architectures = files.filter { $0.weights == nil && $0.model != nil }
    let descriptions = files.filter { $0.description != nil }
    if let extra = descriptions.dropFirst().first {
      throw ImportError(.undecided, file: extra.path, "there are two descriptions; one says it all")
    }
    if weightsOnly.isEmpty {
      if let file = architectures.first ?? descriptions.first {
        throw ImportError(
          .missingWeights, file: file.path, "there is no file with the weights of this model",
          expected: "a .h5 or .weights.h5 file beside it")
      }
    } else if !architectures.isEmpty {
      try pair(architectures, weightsOnly)
    } else {
      try describe(weightsOnly, descriptions.first?.description)
    }
  }

  private mutating func add(
    _ model: KerasModel, _ file: KerasFile, _ weights: KerasWeights, _ weightsFile: KerasFile
  ) throws {
    let assigned = try weights.assigned(to: model, notes: &notes)
    let unit = KerasUnit(
      model: model, weights: assigned, file: file.path, weightsFile: weightsFile.path,
      backend: weightsFile.backend ?? file.backend, version: file.version ?? weightsFile.version)
    // A model of the author's own class is known by its parts alone.
    if !model.isSequential, model.outputs.isEmpty {
      units += model.layers.compactMap { unit.part($0.name) }
    } else {
      units.append(unit)
    }
  }

  /// Finds the weights of each architecture: the file at the same place in the list first.
  private mutating func pair(_ architectures: [KerasFile], _ weightsOnly: [KerasFile]) throws {
    for (index, architecture) in architectures.enumerated() {
      guard let model = architecture.model else { continue }
      let preferred = weightsOnly[min(index, weightsOnly.count - 1)]
      var failure: (any Error)?
      var isFound = false
      for file in [preferred] + weightsOnly.filter({ $0.path != preferred.path }) where !isFound {
        guard let weights = file.weights else { continue }
        do {
          try add(model, architecture, weights, file)
          isFound = true
        } catch {
          failure = failure ?? error
        }
      }
      if !isFound, let failure { throw failure }
    }
  }

  private mutating func describe(_ weightsOnly: [KerasFile], _ description: KerasDescription?) throws {
    let file = weightsOnly[0]
    let entries = try weightsOnly.flatMap { try $0.weights?.entries() ?? [] }
    if description == nil { try options.requireNames(in: entries, file: file.path) }
    guard let description = description ?? KerasDescription.guess(entries, options) else {
      let isDense = entries.allSatisfy { WeightOrder.size($0) != nil }
      throw ImportError(
        .undecided, file: file.path,
        "the file holds weights only, without activations, strides or the order of layers"
          + (isDense ? "" : ", and not all of its layers are fully connected, of which these could be guessed"),
        found: KerasWeightEntry.list(entries), remedy: .describe)
    }
    if files.allSatisfy({ $0.description == nil }) {
      notes.append(
        .init(
          "the file holds weights only: hidden layers are taken to end in relu, the last one in a sigmoid, and the "
            + "layers to follow one another as "
            + (description.encoder + [description.mean, description.scale] + description.decoder).compactMap(\.layer)
            .joined(separator: ", ")))
    }
    options = description.completing(options)
    // They have chosen among the layers of the file.
    (options.encoder, options.decoder) = (nil, nil)
    var described = DescribedModel(description, entries: entries, file: file)
    let units = try described.units(inputShape: options.inputShape)
    notes += described.notes
    self.units = [units.encoder, units.decoder]
    self.described = description.scaleName
  }
}

extension KerasUnit {
  /// One of the models inside the unit's, or the model itself, by name.
  func part(_ name: String) -> KerasUnit? {
    guard let (inner, path) = model.model(named: name) else { return nil }
    guard !path.isEmpty else { return self }
    var result = self
    result.model = inner
    result.weights = [:]
    for (key, value) in weights where key.hasPrefix(path + "/") {
      result.weights[String(key.dropFirst(path.count + 1))] = value
    }
    return result
  }
}
