// Boost.JSON's compiled part: its functions live in this one unit.
#include <boost/json/src.hpp>
