import JSON
import Models

/// Puts encoder and decoder together as one model.
struct KerasAssembly {
  let options: KerasImportOptions
  /// The posterior's scale, where a description says it.
  private let described: ParameterName?
  private(set) var notes: [KerasAssumption] = []
  private var input: ModelDescription.Input?
  private var encoder: Conditional?
  private var decoder: Conditional?
  private var dataFormat: DataFormat?
  private var covariates: [Covariate] = []

  init(_ options: KerasImportOptions, described: ParameterName?) {
    self.options = options
    self.described = described
  }

  /// The model, once both halves are added.
  func model() throws -> ModelDescription {
    guard let input, let encoder, let decoder else {
      throw ImportError(.undecided, file: "", "the model is incomplete")
    }
    var model = ModelDescription(input: input, encoders: [encoder], decoders: [decoder])
    model.dataFormat = dataFormat ?? .channelsLast
    model.covariates = covariates.sorted { $0.name < $1.name }
    return model
  }

  /// Cuts one model in two at its sampler.
  mutating func addWhole(_ unit: KerasUnit) throws {
    let graph = try KerasGraph(unit.model, file: unit.file)
    try graph.requireMainInput()
    let outputs = graph.reconstructions()
    var found: [(output: Int, sampler: Sampler)] = []
    for output in outputs {
      guard let sampler = try graph.sampler(before: output), sampler.output != output else { continue }
      let chain = graph.dominatorChain(of: output).prefix { $0 != sampler.output }
      if chain.contains(where: { KerasLayerKind.variables(of: graph.nodes[$0].layer) != nil }) {
        found.append((output, sampler))
      }
    }
    if found.count > 1 {
      let named = found.filter { UsualNames.isDecoder(graph.nodes[$0.output].path) }
      if named.count == 1 { found = named }
    }
    guard found.count == 1, let (output, drawn) = found.first else {
      throw ImportError(
        .undecided, file: unit.file,
        found.isEmpty
          ? "the model has no layer that draws z and is followed by a decoder"
          : "the model has several outputs that depend on z",
        found: "the models and outputs "
          + (unit.model.layers.filter { $0.model != nil }.map(\.name) + outputs.map { graph.nodes[$0].layer.title })
          .joined(separator: ", "),
        remedy: found.isEmpty ? .giveBothModels : .nameModels)
    }
    let sampler = try graph.checked(drawn)
    notes += sampler.notes
    var builder = StackBuilder(graph: graph, translator: LayerTranslator(unit, graph: graph))
    try addCovariates(graph, to: &builder)
    let latents = try addEncoder(graph, &builder, sampler: sampler, outputs: [], latents: nil)
    try addDecoder(graph, &builder, from: sampler.output, latents: latents, to: [output])
  }

  /// Takes two models.
  mutating func addPair(encoder: KerasUnit, decoder: KerasUnit) throws {
    // Of several inputs, which is z is known with the encoder.
    let opened = try KerasGraph(decoder.model, file: decoder.file)
    let known =
      opened.inputs.count == 1 ? opened.inputs.first.flatMap { InputShape(opened.nodes[$0].layer).shape } : nil
    let graph = try KerasGraph(encoder.model, file: encoder.file)
    try graph.requireMainInput()
    var outputs: [Int] = []
    var sampler: Sampler?
    for output in graph.outputs.map(\.node) where !outputs.contains(output) {
      if let found = try graph.sampler(before: output), found.output == output {
        // What another sampler is made of is none.
        if sampler?.members.contains(output) != true { sampler = found }
      } else {
        outputs.append(output)
      }
    }
    sampler = try sampler.map(graph.checked)
    notes += sampler?.notes ?? []
    var builder = StackBuilder(graph: graph, translator: LayerTranslator(encoder, graph: graph))
    try addCovariates(graph, to: &builder)
    let latents = try addEncoder(
      graph, &builder, sampler: sampler, outputs: outputs, latents: known.flatMap { LayerTranslator.elements($0) })
    let elements = LayerTranslator.elements(latents)
    let given = Set(covariates.map(\.name))
    let decoderGraph = try KerasGraph(decoder.model, file: decoder.file, elements: elements, given: given)
    try decoderGraph.requireMainInput(elements: elements, given: given)
    guard let entry = decoderGraph.inputs.first(where: { !decoderGraph.isBeside[$0] }) else {
      throw ImportError(.undecided, file: decoder.file, place: decoder.model.name, "a decoder has an input, z")
    }
    var decoding = StackBuilder(graph: decoderGraph, translator: LayerTranslator(decoder, graph: decoderGraph))
    decoding.translator.adopt(builder.translator.dataFormat)
    try addCovariates(decoderGraph, to: &decoding)
    if let known, LayerTranslator.elements(known) != LayerTranslator.elements(latents) {
      throw ImportError(
        .badConfiguration, file: decoder.file, place: decoderGraph.nodes[entry].path,
        "the decoder does not take what the encoder gives", expected: "\(latents)", found: "\(known)")
    }
    var exits: [Int] = []
    for output in decoderGraph.outputs.map(\.node) where !exits.contains(output) { exits.append(output) }
    try addDecoder(decoderGraph, &decoding, from: entry, latents: known ?? latents, to: exits)
  }

  // MARK: Covariates

  /// What a graph is given beside x or z: of the decoder, what the encoder is given under that name, or of that size.
  private mutating func addCovariates(_ graph: KerasGraph, to builder: inout StackBuilder) throws {
    for input in graph.inputsBeside {
      let own = graph.covariate(input)
      let taken = builder.covariates.values.map(\.name)
      let same =
        covariates.first { $0.name == own.name }
        ?? covariates.first { $0.kind == own.kind && !taken.contains($0.name) }
      if let same {
        guard same.kind == own.kind else {
          throw ImportError(
            .badConfiguration, file: graph.file, place: own.name, "encoder and decoder are given different \(own.name)",
            expected: "\(same.width) numbers", found: "\(own.width)")
        }
        builder.covariates[input] = same
      } else {
        covariates.append(own)
        builder.covariates[input] = own
        let words = own.categories.map { "a category of \($0.count), 0 to \($0.count - 1)" } ?? "a number"
        notes.append("the model is given \(own.name), \(words), and is one of p(x | \(own.name))")
      }
    }
  }

  // MARK: Encoder

  private mutating func addEncoder(
    _ graph: KerasGraph, _ builder: inout StackBuilder, sampler: Sampler?, outputs: [Int], latents: Int?
  ) throws -> [Int] {
    var finder = HeadFinder(graph, options)
    var heads: Heads
    if let described, outputs.count == 2 {
      heads = Heads(mean: Head(node: outputs[0]), scale: Head(node: outputs[1]), scaleName: described)
    } else {
      heads = try finder.heads(sampler: sampler, outputs: outputs, latents: latents)
    }
    if heads.mean.node == heads.scale.node, heads.mean.half == nil {
      throw ImportError(
        .undecided, file: graph.file, place: graph.nodes[heads.mean.node].path,
        "one layer can't be both the mean and the scale",
        remedy: .nameSplitHead)
    }
    notes += finder.notes
    let chain = graph.common(of: [heads.mean.node, heads.scale.node]).map { graph.dominatorChain(of: $0) }
    guard let chain, let common = chain.first, let entry = chain.last, graph.nodes[entry].isInput else {
      throw ImportError(
        .undecided, file: graph.file, "mean and scale do not depend on one input alone",
        expected: "one input, x, beside which others are joined as covariates",
        found: graph.inputs.map { graph.nodes[$0].layer.name }.joined(separator: ", "))
    }
    // A layer that holds both parameters belongs to the parameters.
    let isShared = common == heads.mean.node || common == heads.scale.node || graph.isParted(common)
    let fork = isShared ? graph.dominators[common] ?? entry : common
    let shape = try inputShape(graph.nodes[entry].layer, graph)
    var input = ModelDescription.Input(shape: shape)
    input.binarize = options.binarize
    input.divideBy = options.divideBy
    let trunk = try builder.stack(from: entry, shape: shape, to: fork)
    var layers = trunk.0.layers
    takeScaling(&layers, &input)
    if options.invert {
      layers.insert(
        .affine(scale: -1, offset: 1, channels: shape.last ?? 1, axis: shape.count - 1, name: "invert"), at: 0)
    }
    if input.divideBy == nil {
      notes.append(.init("the model was trained on data as they are stored", unless: .divideBy))
    }
    let mean = try parameter(heads.mean, from: fork, trunk.shape, graph, &builder)
    let scale = try parameter(heads.scale, from: fork, trunk.shape, graph, &builder)
    guard mean.shape == scale.shape else {
      throw ImportError(
        .badConfiguration, file: graph.file, "mean and scale have different shapes",
        expected: "\(mean.shape)", found: "\(scale.shape)")
    }
    self.input = input
    dataFormat = builder.translator.dataFormat
    encoder = Conditional(
      .normal, given: [0], trunk: layers.isEmpty ? nil : Stack(layers),
      parameters: [.mean: .stack(mean.0), heads.scaleName: .stack(scale.0)])
    return mean.shape
  }

  /// The stack of one parameter.
  private func parameter(
    _ head: Head, from start: Int, _ shape: [Int], _ graph: KerasGraph, _ builder: inout StackBuilder
  ) throws -> (Stack, shape: [Int]) {
    var (stack, shape) = try builder.stack(from: start, shape: shape, to: head.node)
    if let half = head.half {
      guard let last = stack.layers.popLast(), let size = shape.last, size % 2 == 0,
        let halved = last.narrowed(to: half * (size / 2)..<(half + 1) * (size / 2))
      else {
        throw builder.translator.unsupported(
          head.node, "it can't be split in two", expected: "a Dense layer of an even number of units")
      }
      stack.layers.append(halved)
      shape[shape.count - 1] = size / 2
    }
    if head.activation != .identity { stack.layers.append(Layer(.activation, activation: head.activation)) }
    return (stack, shape)
  }

  private func inputShape(_ layer: KerasLayer, _ graph: KerasGraph) throws -> [Int] {
    let stored = InputShape(layer)
    guard let shape = options.inputShape ?? stored.shape else {
      throw ImportError(
        .undecided, file: graph.file, place: layer.name, "the shape of the input is not known",
        found: stored.extents.map { "\($0)" }, remedy: .sayInputShape)
    }
    let fits =
      stored.extents.map { extents in
        extents.count == shape.count && zip(extents, shape).allSatisfy { $0 == $1 || $0 < 0 }
      } ?? true
    guard fits, LayerTranslator.elements(shape) != nil else {
      throw ImportError(
        .badConfiguration, file: graph.file, place: layer.name, "the input is of another shape",
        expected: "\(stored.extents ?? [])", found: "\(shape)")
    }
    return shape
  }

  /// A first layer that divides x by a number says how the data are scaled.
  private mutating func takeScaling(_ layers: inout [Layer], _ input: inout ModelDescription.Input) {
    guard let first = layers.first, let (scale, offset) = first.uniformAffine, scale > 0 else { return }
    let name = first.name ?? "the first layer"
    // 1/255 is stored in single precision.
    let rounded = (1 / scale * 1e4).rounded() / 1e4
    let divisor = abs(rounded * scale - 1) < 1e-6 ? rounded : 1 / scale
    if offset == 0, options.divideBy.map({ abs($0 - divisor) < 1e-3 * divisor }) ?? true {
      input.divideBy = options.divideBy ?? divisor
      layers.removeFirst()
      notes.append(
        .init(
          "the data are divided by \(JSONValue.number(divisor).summary), as \(name) does, and the likelihood is of the "
            + "divided data"))
    } else {
      notes.append("\(name) scales the input of the encoder alone; the likelihood is of the data before it")
    }
  }

  // MARK: Decoder

  private mutating func addDecoder(
    _ graph: KerasGraph, _ builder: inout StackBuilder, from entry: Int, latents: [Int], to outputs: [Int]
  ) throws {
    guard let input else { return }
    let size = LayerTranslator.elements(input.shape) ?? 0
    let start = latents.count > 1 ? [Layer(.reshape(latents))] : []
    func build(_ output: Int) throws -> (Stack, shape: [Int]) {
      let built = try builder.stack(from: entry, shape: latents, to: output)
      return (Stack(start + built.0.layers), built.shape)
    }
    let result: KerasLikelihoodBuilder
    if outputs.count == 2 {
      var finder = HeadFinder(graph, options)
      let heads = try finder.outputHeads(outputs)
      notes += finder.notes
      result = try KerasLikelihoodBuilder(
        mean: build(heads.mean.node), scale: build(heads.scale.node), heads.scaleName, options, file: graph.file)
    } else {
      guard outputs.count == 1, let output = outputs.first else {
        throw ImportError(
          .undecided, file: graph.file, "a decoder has one output, or a mean and a scale",
          found: outputs.map { graph.nodes[$0].layer.title }.joined(separator: ", "))
      }
      result = try KerasLikelihoodBuilder(
        build(output), options, inputSize: size, file: graph.file, place: graph.place(of: output))
    }
    notes += result.notes
    decoder = result.conditional
    dataFormat = dataFormat ?? builder.translator.dataFormat
  }
}

extension KerasGraph {
  /// Whether everything that takes a node's output takes a part of it.
  fileprivate func isParted(_ node: Int) -> Bool {
    KerasLayerKind.variables(of: nodes[node].layer) != nil && !consumers[node].isEmpty
      && consumers[node].allSatisfy { consumer in
        switch TensorFunction(nodes[consumer]) {
        case .part?, .columns?: true
        default: false
        }
      }
  }

  /// The outputs; where a layer of the author's own compares them with the input, as for a loss, what it is given.
  fileprivate func reconstructions() -> [Int] {
    var result: [Int] = []
    for output in outputs.map(\.node) {
      let node = nodes[output]
      let comparesInput = node.kind == .opaque && node.inputs.contains { nodes[$0.node].isInput }
      for found in comparesInput ? node.inputs.map(\.node).filter({ !nodes[$0].isInput }) : [output]
      where !result.contains(found) {
        result.append(found)
      }
    }
    return result
  }
}

extension Layer {
  /// The one factor and the one offset that the layer applies to every element; nil for other layers.
  fileprivate var uniformAffine: (scale: Double, offset: Double)? {
    guard case .batchNormalization(let layer) = operation, layer.epsilon == 0, activation == .identity,
      layer.mean.values.allSatisfy({ $0 == 0 }), layer.variance.values.allSatisfy({ $0 == 1 }),
      let scale = layer.scale?.values.first, let offset = layer.offset?.values.first,
      layer.scale?.values.allSatisfy({ $0 == scale }) == true,
      layer.offset?.values.allSatisfy({ $0 == offset }) == true
    else { return nil }
    return (Double(scale), Double(offset))
  }
}
