#include "rtbl.h"
