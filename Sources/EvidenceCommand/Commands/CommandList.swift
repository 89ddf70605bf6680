import ArgumentParser

/// The subcommands, in the order in which help lists them. A new command adds its line here.
enum CommandList {
  static let subcommands: [any ParsableCommand.Type] = [
    NLLCommand.self,
    TrainCommand.self,
    SampleCommand.self,
    CheckCommand.self,
    UnitsCommand.self,
    InspectCommand.self,
    ImportCommand.self,
    MergeCommand.self,
    CompareCommand.self,
    ReportCommand.self,
    PlotCommand.self,
    EstimatorsCommand.self,
    DemoCommand.self,
  ]
}
