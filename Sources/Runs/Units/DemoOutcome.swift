package import JSON

/// A log-likelihood and the latent units of the same model and data, the second without what they are about.
package struct DemoOutcome: RunOutcome {
  let nll: NLLOutcome
  let units: UnitsOutcome

  package init(nll: NLLOutcome, units: UnitsOutcome) { (self.nll, self.units) = (nll, units) }

  package var warnings: [RunWarning] { nll.warnings + units.warnings }

  package func json(in words: any RunWords) -> JSONValue {
    ["command": "demo", "nll": nll.json(in: words), "units": units.json(in: words)]
  }

  package func text(in words: any RunWords) -> String { nll.text(in: words) + "\n\n" + units.body(in: words) }
}
