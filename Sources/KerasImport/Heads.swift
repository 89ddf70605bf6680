import JSON
import Models

/// A tensor that becomes a parameter of a distribution.
struct Head: Equatable {
  var node: Int
  /// The first or the second half of the last axis; nil for all of it.
  var half: Int?
  /// Applied to the tensor.
  var activation = Activation.identity
}

/// The parameters of a posterior.
struct Heads: Equatable {
  var mean: Head
  var scale: Head
  var scaleName: ParameterName
}

/// Decides which tensors of an encoder are the mean and the scale of its posterior.
///
/// In this order: what the caller says; what the sampler's operations say; names; the order of the sampler's inputs or
/// of the outputs.
struct HeadFinder {
  let graph: KerasGraph
  let options: KerasImportOptions
  private(set) var notes: [KerasAssumption] = []

  init(_ graph: KerasGraph, _ options: KerasImportOptions) {
    self.graph = graph
    self.options = options
  }

  /// The heads of an encoder.
  /// - Parameters:
  ///   - sampler: The sampler, if there is one in the graph.
  ///   - outputs: The outputs of the encoder other than z.
  ///   - latents: The size of z, where the decoder says it.
  mutating func heads(sampler: Sampler?, outputs: [Int], latents: Int?) throws -> Heads {
    if let split = options.splitHead { return splitHeads(try node(split), said: true) }
    var candidates = sampler?.heads ?? []
    if candidates.isEmpty { candidates = outputs }
    if let said = try saidHeads(candidates) { return said }
    if let sampler, let mean = sampler.mean, let scale = sampler.scale { return heads(mean, scale) }
    if let heads = namedHeads(candidates) { return try finish(heads) }
    if candidates.count == 1, let only = candidates.first {
      if size(only) == latents.map({ 2 * $0 }) || (sampler != nil && latents == nil && (size(only) ?? 1) % 2 == 0) {
        return splitHeads(only, said: false)
      }
      if let heads = namedHeads(Array(graph.nodes.indices), bothNamed: true) { return try finish(heads) }
    }
    if candidates.count == 2 {
      // The divergence from the prior, where it is part of the graph, squares the mean.
      let squared = candidates.filter { candidate in
        graph.consumers[candidate].contains { GraphOperation(graph.nodes[$0])?.function == "square" }
      }
      if squared == [candidates[1]] { candidates.reverse() }
      if squared.count == 1 {
        notes.append("\(title(squared[0])) is taken to be the mean, since the loss squares it")
        return try finish(Heads(mean: Head(node: candidates[0]), scale: Head(node: candidates[1]), scaleName: .scale))
      }
      notes.append(
        "\(title(candidates[0])) is taken to be the mean and \(title(candidates[1])) the scale, by their order")
      return try finish(Heads(mean: Head(node: candidates[0]), scale: Head(node: candidates[1]), scaleName: .scale))
    }
    throw undecided("which layers compute the posterior's mean and scale is not clear", candidates)
  }

  /// The parameters of a decoder with two outputs, by their names alone.
  mutating func outputHeads(_ outputs: [Int]) throws -> Heads {
    guard let heads = namedHeads(outputs) else {
      throw ImportError(
        .undecided, file: graph.file, "the decoder has several outputs, and their names do not say what they are",
        expected: "one output, or a mean and a log-variance", found: outputs.map(title).joined(separator: ", "))
    }
    return try finish(heads)
  }

  // MARK: What the caller says

  private mutating func saidHeads(_ candidates: [Int]) throws -> Heads? {
    let said: (String, ParameterName)? =
      options.logVariance.map { ($0, .logVariance) } ?? options.logScale.map { ($0, .logScale) }
      ?? options.scale.map { ($0, .scale) }
    let mean = try options.mean.map { followed(try node($0), candidates, isMean: true) }
    let scale = try said.map { followed(try node($0.0), candidates, isMean: false) }
    guard mean != nil || scale != nil else { return nil }
    let known = mean ?? scale
    var rest = candidates.filter { $0 != known }
    if rest.count > 1 { rest = rest.filter { role($0) == .mean ? mean == nil : role($0) != nil && scale == nil } }
    guard let meanNode = mean ?? (rest.count == 1 ? rest.first : nil),
      let scaleNode = scale ?? (rest.count == 1 ? rest.first : nil)
    else { throw undecided("the other of the posterior's two parameters is not clear", rest) }
    let name = said?.1 ?? usualScale(scaleNode)
    guard let name else { throw undecidedScale(scaleNode) }
    return Heads(mean: Head(node: meanNode), scale: Head(node: scaleNode), scaleName: name)
  }

  /// What is made of a layer that the caller names, before it is sampled from: nothing on the way is left out.
  ///
  /// An exponential, or a factor of a half, after a layer that the caller calls a logarithm is part of the sampling.
  private mutating func followed(_ named: Int, _ candidates: [Int], isMean: Bool) -> Int {
    guard !candidates.contains(named) else { return named }
    let graph = graph
    for candidate in candidates {
      let way = Array(
        sequence(first: candidate) { node in
          graph.nodes[node].inputs.count == 1 && KerasLayerKind.variables(of: graph.nodes[node].layer) == nil
            && graph.nodes[node].kind == .known ? graph.nodes[node].inputs[0].node : nil
        })
      guard let position = way.firstIndex(of: named) else { continue }
      var result = named
      for node in way[..<position].reversed() {
        if !isMean, changesForm(node) { break }
        result = node
      }
      if result != named { notes.append("what follows \(title(named)) up to \(title(result)) is applied") }
      if result != candidate {
        notes.append("\(title(candidate)) after \(title(result)) is taken to be part of the sampling")
      }
      return result
    }
    return named
  }

  private func node(_ name: String) throws -> Int {
    let found = graph.nodes.indices.filter { index in
      let path = graph.nodes[index].path
      return path == name || path.hasSuffix("/" + name)
    }
    guard let node = found.last, Set(found.map { graph.nodes[$0].path }).count == 1 else {
      let all = found.isEmpty ? Array(graph.nodes.indices) : found
      throw ImportError(
        .undecided, file: graph.file, found.isEmpty ? "there is no layer \(name)" : "there are several layers \(name)",
        found: all.prefix(20).map { graph.nodes[$0].path }.joined(separator: ", "))
    }
    return node
  }

  // MARK: What the graph says

  /// The heads where the operations show which is added and which multiplies the noise.
  private mutating func heads(_ mean: Int, _ scale: Int) -> Heads {
    let form = graph.scaleForm(of: scale)
    if form.activation != .identity {
      notes.append("\(title(scale)) may be negative; its absolute value is the scale, which draws the same")
    }
    return Heads(
      mean: Head(node: mean), scale: Head(node: form.node, activation: form.activation), scaleName: form.name)
  }

  private mutating func splitHeads(_ node: Int, said: Bool) -> Heads {
    let path = graph.nodes[node].layer.name
    var name = ParameterName.logVariance
    if said, options.scale == options.splitHead { name = .scale }
    if said, options.logScale == options.splitHead { name = .logScale }
    if !said || name == .logVariance {
      notes.append("the halves of \(path) are taken to be the mean and the \(name.rawValue), in this order")
    }
    return Heads(mean: Head(node: node, half: 0), scale: Head(node: node, half: 1), scaleName: name)
  }

  private func namedHeads(_ candidates: [Int], bothNamed: Bool = false) -> Heads? {
    var mean: [Int] = []
    var scale: [(Int, ParameterName)] = []
    for candidate in candidates {
      switch role(candidate) {
      case .mean: mean.append(candidate)
      case .scale(let name): scale.append((candidate, name))
      case nil: break
      }
    }
    // A head that is one of two whose other has a telling name is the other.
    if !bothNamed, candidates.count == 2, mean.count + scale.count == 1 {
      if let (node, name) = scale.first, let other = candidates.first(where: { $0 != node }) {
        return Heads(mean: Head(node: other), scale: Head(node: node), scaleName: name)
      }
      if let mean = mean.first, let other = candidates.first(where: { $0 != mean }) {
        return Heads(mean: Head(node: mean), scale: Head(node: other), scaleName: .scale)
      }
    }
    guard mean.count == 1, scale.count == 1 else { return nil }
    return Heads(mean: Head(node: mean[0]), scale: Head(node: scale[0].0), scaleName: scale[0].1)
  }

  /// The role by the name of a node, or of the layer with weights before it.
  private func role(_ node: Int) -> UsualNames.Role? {
    var node = node
    while true {
      let layer = graph.nodes[node].layer
      if let role = UsualNames.role(layer.name) { return role }
      guard KerasLayerKind.variables(of: layer) == nil, graph.nodes[node].inputs.count == 1,
        graph.nodes[node].kind == .known
      else { return nil }
      node = graph.nodes[node].inputs[0].node
    }
  }

  /// Settles what a scale is that only its name, or its place, tells of.
  private mutating func finish(_ heads: Heads) throws -> Heads {
    var heads = heads
    let node = heads.scale.node
    if heads.scaleName == .logVariance || heads.scaleName == .logScale, let conversion = conversion(before: node) {
      throw ImportError(
        .undecided, file: graph.file, place: graph.place(of: conversion),
        "a layer before \(title(conversion)) is named as a logarithm: whether \(graph.nodes[node].path) is still one "
          + "can't be seen",
        remedy: .nameScale(layer: graph.nodes[node].path))
    }
    guard heads.scaleName == .scale || heads.scaleName == .variance else { return heads }
    if case .scale(let named)? = role(node), isPositive(node) {
      heads.scaleName = named
    } else if case .scale(.scale)? = role(node) {
      throw undecidedScale(node)
    } else if let usual = usualScale(node) {
      heads.scaleName = usual
      notes.append(
        usual == .scale
          ? "\(title(node)) is taken to be the standard deviation, since it is positive"
          : "\(title(node)) is taken to be the logarithm of the variance, as is usual")
    }
    return heads
  }

  /// What an output of no telling name is taken to be.
  private func usualScale(_ node: Int) -> ParameterName? {
    switch role(node) {
    case .scale(.scale)?: isPositive(node) ? .scale : nil
    case .scale(.variance)?: isPositive(node) ? .variance : .logVariance
    case .scale(let name)?: name
    default: isPositive(node) ? .scale : .logVariance
    }
  }

  private func isPositive(_ node: Int) -> Bool { graph.isPositive(node) }

  /// What is applied between the layer that has a telling name and a head, and would make a scale of its logarithm.
  private func conversion(before head: Int) -> Int? {
    var node = head
    while UsualNames.role(graph.nodes[node].layer.name) == nil {
      if changesForm(node) { return node }
      guard KerasLayerKind.variables(of: graph.nodes[node].layer) == nil, graph.nodes[node].inputs.count == 1 else {
        return nil
      }
      node = graph.nodes[node].inputs[0].node
    }
    return nil
  }

  private func changesForm(_ node: Int) -> Bool {
    if let affine = ConstantOperation(graph.nodes[node]) { return affine.offset == 0 && abs(affine.scale - 0.5) < 1e-6 }
    return KerasLayerKind.variables(of: graph.nodes[node].layer) == nil && isPositive(node)
  }

  private func size(_ node: Int) -> Int? {
    let config = graph.nodes[node].layer.config
    return (config["units"] ?? config["output_dim"])?.integer
  }

  // MARK: Errors

  private func title(_ node: Int) -> String { graph.nodes[node].layer.title }

  private func undecided(_ message: String, _ candidates: [Int]) -> ImportError {
    let all =
      candidates.isEmpty
      ? graph.nodes.indices.filter { KerasLayerKind.variables(of: graph.nodes[$0].layer) != nil } : candidates
    return ImportError(
      .undecided, file: graph.file, message,
      found: all.map(title).joined(separator: ", "), remedy: .nameHeads)
  }

  private func undecidedScale(_ node: Int) -> ImportError {
    ImportError(
      .undecided, file: graph.file, place: graph.nodes[node].path,
      "the layer's name says standard deviation, but its output may be negative",
      remedy: .nameScale(layer: nil))
  }
}
