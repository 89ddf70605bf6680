import CKernels
import Models

extension NetworkModel {
  /// Adds log p(z_l | …) of every layer of latents, or takes away the divergence where the terms are in closed form.
  func addLatentDensities(_ chunk: Chunk, terms: Terms, in workspace: Workspace) {
    let mark = workspace.arena.used
    for layer in 0..<latentCounts.count - 1 {
      let decoder = decoders[layer + 1]
      let input = joined(decoder.given, chunk, in: workspace)
      let operands = decoder.evaluate(input, arena: &workspace.arena, k)
      if terms == .closedForm && hasClosedForm[layer] {
        subtractDivergence(layer, chunk, prior: operands, path: "/decoder/\(layer + 2)", in: workspace)
      } else {
        addDensity(
          of: chunk.latents[layer], layer: layer, decoder.distribution, operands, chunk, path: "/decoder/\(layer + 2)",
          into: chunk.totals, in: workspace)
      }
      workspace.arena.release(to: mark)
    }
    addPrior(chunk, terms: terms, in: workspace)
  }

  private func addPrior(_ chunk: Chunk, terms: Terms, in workspace: Workspace) {
    let top = latentCounts.count - 1
    let z = chunk.latents[top]
    let isClosed = terms == .closedForm && hasClosedForm[top]
    switch prior {
    case .standardNormal:
      if isClosed { return subtractDivergence(top, chunk, prior: [], path: "/prior", in: workspace) }
      for run in freeRuns[top] {
        var arguments = ck_density_arguments(CK_STANDARD_NORMAL, x: z.operand(CK_DIRECT, firstRow: run.lowerBound))
        _ = k.log_density(run.count, chunk.lanes, &arguments, 1, chunk.totals)
      }
    case .normal(let component):
      let operands = [component.meanOperand, component.scaleOperand]
      if isClosed { return subtractDivergence(top, chunk, prior: operands, path: "/prior", in: workspace) }
      addDensity(
        of: z, layer: top, .normal, operands, chunk, path: "/prior", into: chunk.totals, in: workspace)
    case .mixture(let logWeights, let components):
      for (index, component) in components.enumerated() {
        let densities = workspace.componentDensities + index * chunk.lanes
        densities.update(repeating: 0, count: chunk.lanes)
        addDensity(
          of: z, layer: top, component.distribution, [component.meanOperand, component.scaleOperand], chunk,
          path: "/prior", into: densities, in: workspace)
      }
      k.log_mixture(components.count, chunk.lanes, logWeights, workspace.componentDensities, 1, chunk.totals)
    }
  }

  /// Adds the log-density of a layer's free latents under the given parameters.
  private func addDensity(
    of z: Lanes, layer: Int, _ distribution: Distribution, _ operands: [ck_operand], _ chunk: Chunk, path: String,
    into totals: UnsafeMutablePointer<Double>, in workspace: Workspace
  ) {
    if distribution == .fullNormal {
      return addFullNormalDensity(
        of: z.operand(CK_DIRECT), rows: z.rows, operands, lanes: z.lanes, path: path, into: totals, in: workspace)
    }
    for run in freeRuns[layer] {
      var arguments = ck_density_arguments(
        distribution == .laplace ? CK_LAPLACE : CK_NORMAL, x: z.operand(CK_DIRECT, firstRow: run.lowerBound),
        operands[0].dropping(rows: run.lowerBound), operands[1].dropping(rows: run.lowerBound))
      let invalid = k.log_density(run.count, z.lanes, &arguments, 1, totals)
      workspace.report(invalid, path: path, parameter: "scale")
    }
  }

  /// log N(x; m, T Tᵀ) = log N(T⁻¹ (x − m); 0, I) − Σ log Tᵢᵢ.
  private func addFullNormalDensity(
    of x: ck_operand, rows: Int, _ operands: [ck_operand], lanes: Int, path: String,
    into totals: UnsafeMutablePointer<Double>, in workspace: Workspace
  ) {
    let mark = workspace.arena.used
    let noise = workspace.arena.takeDoubles(rows: rows, lanes: lanes)
    let invalid = k.triangular_solve(rows, lanes, x, operands[0], operands[1], noise)
    workspace.report(invalid, path: path, parameter: "scale")
    ck_standard_normal(rows, lanes, noise, totals)
    k.log_scale(rows, lanes, operands[1].diagonal(rows), -1, totals)
    workspace.arena.release(to: mark)
  }

  /// Adds log p(x | z₁, …), a block of outputs at a time: the block is reduced while it is in cache.
  func addLikelihood(_ chunk: Chunk, in workspace: Workspace) {
    let decoder = decoders[0]
    let mark = workspace.arena.used
    let input = joined(decoder.given, chunk, in: workspace)
    let x = ck_operand(data: observed(in: workspace), row_step: 1, lane_step: 0, form: CK_DIRECT)
    if decoder.distribution == .fullNormal {
      let operands = decoder.evaluate(input, arena: &workspace.arena, k)
      addFullNormalDensity(
        of: x, rows: inputCount, operands, lanes: chunk.lanes, path: "/decoder/1", into: chunk.totals, in: workspace)
      return workspace.arena.release(to: mark)
    }
    let hidden = decoder.trunk.run(input, arena: &workspace.arena, k)
    let components = decoder.components
    let blockRows = decoder.blockRows
    let sources = decoder.parameters.map { parameter -> BlockSource in
      switch parameter {
      case .constant(let buffer, let rowStep, let form):
        return .operand(ck_operand(data: buffer.pointer, row_step: rowStep, lane_step: 0, form: form))
      case .program(let program, let form):
        guard let (prefix, last) = program.splittingLastDense() else {
          return .operand(program.run(hidden, arena: &workspace.arena, k).operand(form))
        }
        let previous = prefix.run(hidden, arena: &workspace.arena, k)
        let block = workspace.arena.take(rows: blockRows * components, lanes: chunk.lanes)
        return .dense(last, input: previous, block: block, form: form)
      }
    }
    var arguments = ck_density_arguments(decoder, x: x)
    var invalid = 0
    for first in stride(from: 0, to: decoder.size, by: blockRows) {
      let rows = first..<min(first + blockRows, decoder.size)
      arguments.move(to: first, x: x, counts: workspace.counts?.rows)
      for (slot, source) in sources.enumerated() {
        arguments.set(slot, source.operand(rows: rows, components: components, lanes: chunk.lanes, k))
      }
      invalid += k.log_density(rows.count, chunk.lanes, &arguments, 1, chunk.totals)
    }
    workspace.arena.release(to: mark)
    report(invalid, in: workspace)
  }

  /// Remembers that a likelihood can't take some of its parameters.
  func report(_ invalidLikelihoodParameters: Int, in workspace: Workspace) {
    workspace.report(invalidLikelihoodParameters) {
      let family = decoders[0].distribution
      let names = family.parameters.compactMap(\.first?.rawValue).joined(separator: ", ")
      return InvalidParameter(
        path: "/decoder/1",
        message:
          "the network gives \(invalidLikelihoodParameters) values of \(names) outside the domain of \(family.rawValue)"
      )
    }
  }

  /// Where a block of a likelihood's parameter comes from.
  enum BlockSource {
    case operand(ck_operand)
    case dense(DenseStep, input: Lanes, block: Lanes, form: ck_form)

    func operand(rows: Range<Int>, components: Int, lanes: Int, _ k: ck_kernels) -> ck_operand {
      switch self {
      case .operand(let operand): return operand.dropping(rows: rows.lowerBound * components)
      case .dense(let step, let input, let block, let form):
        step.run(
          rows: rows.lowerBound * components..<rows.upperBound * components, input: input.data, lanes: lanes,
          output: block.data, k)
        return block.operand(form)
      }
    }
  }
}
