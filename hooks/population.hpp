// Population: many charts from files, folders and NDJSON, evaluated on all processors; one line a patient,
// and a summary.
#pragma once

#include "hooks/chart_answer.hpp"
#include "hooks/commands.hpp"
#include "hooks/input_text.hpp"

namespace hooks {

/// Evaluates every chart in `arguments.files`; `opened`, if there, is the only one of them, which somebody
/// has begun to read. On stdout one line of JSON a patient, in the order of the input; on stderr progress (on
/// a terminal) and the summary. In memory are a few charts at a time, whatever the input. Gives the exit
/// code: `faults` if some chart could not be evaluated (the others are all the same), `wrong_use` if a named
/// file cannot be read or there is nothing to evaluate.
int evaluate_population(EvaluationPlan plan, const EvaluateArguments& arguments, InputText* opened);

}  // namespace hooks
