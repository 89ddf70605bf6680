/// What keeps models from being imported whatever the options say: told before any option is asked for.
struct KerasObstacles {
  let units: [KerasUnit]

  /// Throws with every layer that can't be imported, or with what makes the model a conditional one.
  func check() throws {
    for unit in units {
      let graph = try KerasGraph(unit.model, file: unit.file)
      try requireLayers(graph, unit)
      try requireOneInput(graph)
    }
  }

  /// Layers of Keras that the model format has nothing for; with them, layers of the author's that are no sampler.
  private func requireLayers(_ graph: KerasGraph, _ unit: KerasUnit) throws {
    let foreign = graph.nodes.indices.filter { graph.nodes[$0].kind == .foreign }
    guard let first = foreign.first else { return }
    let others = graph.nodes.indices.filter { index in
      let layer = graph.nodes[index].layer
      return graph.nodes[index].kind == .opaque && GraphOperation(layer) == nil && graph.nodes[index].inputs.count == 1
        && !UsualNames.isSampler(layer) && !UsualNames.isLoss(layer)
    }
    let translator = LayerTranslator(unit, graph: graph)
    let all = (foreign + others).sorted()
    guard all.count > 1 else { throw translator.unsupported(first, "no layer of the model format does this") }
    let titles = all.map { graph.nodes[$0].layer.title }
    let shown = titles.prefix(12).joined(separator: ", ") + (titles.count > 12 ? " and \(titles.count - 12) more" : "")
    throw ImportError(
      .unsupportedLayer, file: unit.file, place: unit.model.name,
      "\(titles.count) layers can't be imported, since no layer of the model format does what they do", found: shown)
  }

  /// A model with inputs beside x, or beside z, that are no noise, is one of x given these.
  private func requireOneInput(_ graph: KerasGraph) throws {
    let names = graph.inputs.map { graph.nodes[$0].layer.name }
    let given = names.filter { !UsualNames.isNoise($0) }
    guard given.count > 1 else { return }
    throw ImportError(
      .unsupportedLayer, file: graph.file, place: graph.name,
      "a conditional model, of p(x | …): it has \(given.count) inputs, and models given more than x are not imported",
      expected: "one input, x or z", found: given.prefix(8).joined(separator: ", "))
  }
}
